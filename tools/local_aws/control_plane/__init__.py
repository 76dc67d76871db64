"""The AWS that Terraform applies to: moto's server, with its gaps filled and IAM policies enforced."""
