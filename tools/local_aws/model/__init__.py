"""What Terraform applied, as plain values."""
