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

variables {
  account_concurrency = 1000 # Without it, a plan reads the quota from AWS.
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
    ca_bundle          = "roots.pem"
    list_shards        = { written = 8, read = 4 }

    kms_key_arn              = "alias/shop"
    permissions_boundary_arn = "boundary"
    role_path                = "/services"
    account_concurrency      = 0
    tags                     = { ManagedBy = "hand" }
    release                  = { strategy = "canary", keep_versions = 1 }
    packages                 = { halls = "zip", rooms = "jar" }
    domain                   = { name = "api.example.com" }
    issuer                   = { url = "http://issuer.example.com", audience = ["client"] }
  }
  expect_failures = [
    var.name,
    var.environment,
    var.dist_dir,
    var.architecture,
    var.sizing,
    var.log_retention_days,
    var.hsts_seconds,
    var.ca_bundle,
    var.list_shards,
    var.kms_key_arn,
    var.permissions_boundary_arn,
    var.role_path,
    var.tags,
    var.release,
    var.packages,
    var.domain,
    var.issuer,
    var.account_concurrency,
  ]
}

run "image_of_a_service_that_is_a_zip_is_rejected" {
  command = plan
  variables {
    name   = "Wrong" # so that nothing is planned
    images = { halls = { uri = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/halls@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", architecture = "arm64" } }
  }
  expect_failures = [var.name, var.images]
}

# A wrong dist_dir, because these runs must need no zips.

run "restored_table_of_an_unknown_service_is_rejected" {
  command = plan
  variables {
    dist_dir        = "./tests/fixtures/"
    issuer          = { url = "https://issuer.example.com", audience = ["client"] } # so that no secret is planned
    name            = "shop"
    restored_tables = { halls = { name = "shop-dev-halls" } }
  }
  expect_failures = [var.restored_tables, var.dist_dir]
}

run "issuer_that_accepts_every_client_is_rejected" {
  command = plan
  variables {
    dist_dir = "./tests/fixtures/"
    issuer   = { url = "https://issuer.example.com", audience = [] }
  }
  expect_failures = [var.issuer, var.dist_dir]
}

run "issuer_with_an_unknown_scope_is_rejected" {
  command = plan
  variables {
    dist_dir = "./tests/fixtures/"
    issuer   = { url = "https://issuer.example.com", audience = ["client"], scopes = { admins = ["halls:admin"] } }
  }
  expect_failures = [var.issuer, var.dist_dir]
}

run "loopback_issuer_is_rejected_in_aws" {
  command = plan
  variables {
    dist_dir = "./tests/fixtures/"
    issuer   = { url = "http://127.0.0.1:9000", audience = ["client"] }
  }
  expect_failures = [var.issuer, var.dist_dir]
}

run "local_values_with_protected_data_are_rejected" {
  command = plan
  variables {
    dist_dir     = "./tests/fixtures/"
    local_values = true
  }
  expect_failures = [var.local_values, var.dist_dir]
}
