# The layer, and what is said when its zip was never packaged.

mock_provider "aws" {}

variables {
  name         = "shop-dev-common"
  zip          = "./tests/fixtures/users.zip"
  architecture = "x86_64"
}

run "a_layer_is_for_one_architecture" {
  command = plan
  module { source = "./modules/lambda_layer" }

  assert {
    condition     = aws_lambda_layer_version.this.compatible_architectures == toset(["x86_64"]) && aws_lambda_layer_version.this.compatible_runtimes == toset(["python3.13"])
    error_message = "Another architecture or runtime."
  }
  assert {
    condition     = aws_lambda_layer_version.this.source_code_hash == filebase64sha256("./tests/fixtures/users.zip")
    error_message = "A changed zip would not make a new version."
  }
}

run "a_missing_zip_is_refused" {
  command = plan
  module { source = "./modules/lambda_layer" }
  variables {
    zip = "./tests/fixtures/missing.zip"
  }
  expect_failures = [aws_lambda_layer_version.this]
}
