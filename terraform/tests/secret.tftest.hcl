# What the module refuses. A mocked provider cannot load a module that holds an `ephemeral` block, and the real one asks
# AWS for the random value in every plan: what the module makes is in tests/terraform.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "testing"
  secret_key                  = "testing"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

variables {
  name                 = "shop-dev-jwt"
  field                = "jwt_secret"
  recovery_window_days = 7
}

run "a_recovery_that_aws_refuses_is_refused" {
  command = plan
  module { source = "./modules/secret" }
  variables {
    recovery_window_days = 3
  }
  expect_failures = [var.recovery_window_days]
}
