"""What Terraform needs to run: the provider, and what init has installed."""
