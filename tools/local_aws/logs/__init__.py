"""CloudWatch Logs: delivery of log lines, and what moto lacks."""
