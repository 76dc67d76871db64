# One service's function, made of an image in place of a zip.

mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/shop-dev-orders" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/shop-dev-orders" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { version = "7" }
  }
}

variables {
  name               = "shop-dev-orders"
  service            = "orders"
  role               = { name = "shop-dev-orders-eu-central-1" }
  environment        = { TABLE_NAME = "shop-dev-orders" }
  metrics_namespace  = "Shop"
  grants             = {}
  tables             = {}
  log_retention_days = 14
  sizing             = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1 }
  package = {
    zip          = "./tests/fixtures/missing.zip"
    architecture = "arm64"
    layers       = ["arn:aws:lambda:eu-central-1:123456789012:layer:shop-dev-common:1"]
    image = {
      uri          = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/orders@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      architecture = "arm64"
    }
  }
}

run "function_of_an_image_has_its_handler_and_neither_zip_nor_layer" {
  command = apply
  module { source = "./modules/lambda_service" }

  assert {
    condition     = aws_lambda_function.this.package_type == "Image" && aws_lambda_function.this.image_uri == var.package.image.uri && aws_lambda_function.this.image_config[0].command == tolist(["orders.handler.handler"])
    error_message = "The function is not made of the image, or calls another handler."
  }
  assert {
    condition     = aws_lambda_function.this.filename == null && aws_lambda_function.this.layers == null && aws_lambda_function.this.runtime == null && aws_lambda_function.this.handler == null
    error_message = "The function has what only a function of a zip can have."
  }
  assert {
    condition     = aws_lambda_function.this.architectures == tolist(["arm64"]) && aws_lambda_function.this.memory_size == 1024 && aws_lambda_function.this.tracing_config[0].mode == "Active" && aws_lambda_function.this.logging_config[0].log_format == "JSON" && aws_lambda_function.this.environment[0].variables["TABLE_NAME"] == "shop-dev-orders"
    error_message = "The function differs from one of a zip in more than its package."
  }
  assert {
    condition     = aws_lambda_function.this.publish && aws_lambda_alias.live[0].function_version == "7"
    error_message = "The alias does not point at the published version."
  }
}

run "image_without_uri_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    package = { zip = "./tests/fixtures/orders.zip", architecture = "arm64", layers = [], image = { uri = null, architecture = null } }
  }
  expect_failures = [aws_lambda_function.this]
}

run "image_by_tag_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    package = { zip = "./tests/fixtures/orders.zip", architecture = "arm64", layers = [], image = { uri = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/orders:latest", architecture = "arm64" } }
  }
  expect_failures = [aws_lambda_function.this]
}

run "image_of_the_other_architecture_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    package = { zip = "./tests/fixtures/orders.zip", architecture = "x86_64", layers = [], image = { uri = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/orders@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", architecture = "arm64" } }
  }
  expect_failures = [aws_lambda_function.this]
}

run "image_may_have_snap_start" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1, snap_start = true }
  }

  assert {
    condition     = aws_lambda_function.this.snap_start[0].apply_on == "PublishedVersions"
    error_message = "SnapStart must be on."
  }
}
