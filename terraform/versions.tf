terraform {
  required_version = ">= 1.11.0"

  required_providers {
    # The tested version, with its hashes in .terraform.lock.hcl. docs/provider-6.md lists what version 6 needs.
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

# Region and credentials come from the environment, as in every AWS tool (AWS_REGION, AWS_PROFILE ...).
provider "aws" {
  default_tags {
    tags = merge(var.tags, {
      Project     = local.name
      Environment = var.environment
      ManagedBy   = "terraform"
    })
  }
}
