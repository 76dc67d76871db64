# The layer, and the error for a zip that was never packaged.

mock_provider "aws" {}

variables {
  name         = "shop-dev-common"
  zip          = "./tests/fixtures/orders.zip"
  architecture = "x86_64"
}

run "layer_is_for_one_architecture" {
  command = plan
  module { source = "./modules/lambda_layer" }

  assert {
    condition     = aws_lambda_layer_version.this.compatible_architectures == toset(["x86_64"]) && aws_lambda_layer_version.this.compatible_runtimes == toset(["python3.13"])
    error_message = "The architecture or the runtime is wrong."
  }
  assert {
    condition     = aws_lambda_layer_version.this.source_code_hash == filebase64sha256("./tests/fixtures/orders.zip")
    error_message = "The hash is not that of the zip: a changed zip would not become a new version."
  }
}

run "missing_zip_is_rejected" {
  command = plan
  module { source = "./modules/lambda_layer" }
  variables {
    zip = "./tests/fixtures/missing.zip"
  }
  expect_failures = [aws_lambda_layer_version.this]
}

run "zip_of_the_same_architecture_is_accepted" {
  command = plan
  module { source = "./modules/lambda_layer" }
  variables {
    packaged_for = "x86_64"
  }
}

run "zip_of_another_architecture_is_rejected" {
  command = plan
  module { source = "./modules/lambda_layer" }
  variables {
    packaged_for = "arm64"
  }
  expect_failures = [aws_lambda_layer_version.this]
}
