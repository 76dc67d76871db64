# Values that the module rejects. A mocked provider cannot load a module with an `ephemeral` block, and the real one
# requests the random value from AWS in every plan, so tests/terraform tests the module's resources.

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

run "invalid_recovery_window_is_rejected" {
  command = plan
  module { source = "./modules/secret" }
  variables {
    recovery_window_days = 3
  }
  expect_failures = [var.recovery_window_days]
}
