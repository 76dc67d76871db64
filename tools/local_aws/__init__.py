"""The embedded AWS: what Terraform applied, running on this machine."""
