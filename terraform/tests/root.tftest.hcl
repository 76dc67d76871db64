# Values that the root rejects. The provider is the real one, with settings under which it makes no call: a mocked one
# cannot load a root with an `ephemeral` block.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "testing"
  secret_key                  = "testing"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

run "invalid_variables_are_rejected" {
  command = plan
  variables {
    name               = "Wrong"
    environment        = "production"
    dist_dir           = "./tests/fixtures/"
    architecture       = "aarch64"
    sizing             = { halls = { memory_size = 512 } }
    log_retention_days = 0
    hsts_seconds       = -1
  }
  expect_failures = [
    var.name,
    var.environment,
    var.dist_dir,
    var.architecture,
    var.sizing,
    var.log_retention_days,
    var.hsts_seconds,
  ]
}
