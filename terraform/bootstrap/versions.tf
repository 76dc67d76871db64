terraform {
  required_version = ">= 1.11.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # The bucket that this root creates. `make bootstrap` keeps the first state in a local file, and moves it here.
  backend "s3" {}
}

provider "aws" {
  default_tags {
    tags = {
      Project   = local.name
      ManagedBy = "terraform/bootstrap"
    }
  }
}
