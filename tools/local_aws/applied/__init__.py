"""What Terraform applied: read from the control plane, checked, unpacked."""
