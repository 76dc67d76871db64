"""CloudWatch Logs: delivers log lines, and fills gaps of moto."""
