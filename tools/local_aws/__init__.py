"""The embedded AWS: runs what Terraform applied on this machine."""
