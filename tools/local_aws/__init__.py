"""The embedded AWS: runs the stack that Terraform applied, on this machine."""
