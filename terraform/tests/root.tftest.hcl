# Values that the root refuses. The provider is the real one with settings under which it calls nobody: a mocked one
# cannot load a root that holds an `ephemeral` block.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "testing"
  secret_key                  = "testing"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

run "values_that_no_environment_can_have_are_refused" {
  command = plan
  variables {
    name               = "Bookshelf"
    dist_dir           = "./tests/fixtures/"
    architecture       = "aarch64"
    sizing             = { loans = { memory_size = 512 } }
    log_retention_days = 0
  }
  expect_failures = [
    var.name,
    var.dist_dir,
    var.architecture,
    var.sizing,
    var.log_retention_days,
  ]
}

# Alone, because what a service is depends on the environment, and what sizing may name on the services.
run "a_name_that_no_environment_can_have_is_refused" {
  command = plan
  variables {
    environment = "production"
  }
  expect_failures = [var.environment]
}
