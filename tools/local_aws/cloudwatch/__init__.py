"""CloudWatch: the metrics of a local run, and the dashboard that Terraform applied over them."""
