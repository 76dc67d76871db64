"""The AWS that Terraform applies to: moto's server, and what it lacks for our stack."""
