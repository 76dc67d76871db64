# One service's function, alias and log group.

mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/shop-dev-users" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/shop-dev-users" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { version = "7" }
  }
}

variables {
  name               = "shop-dev-users"
  service            = "users"
  package            = { zip = "./tests/fixtures/users.zip", architecture = "x86_64", layers = ["arn:aws:lambda:eu-central-1:123456789012:layer:shop-dev-common:1"] }
  environment        = { TABLE_NAME = "shop-dev-users" }
  metrics_namespace  = "Shop"
  grants             = {}
  tables             = {}
  log_retention_days = 14
}

run "a_function_is_traced_logs_json_and_serves_a_published_version" {
  command = apply
  module { source = "./modules/lambda_service" }

  assert {
    condition = aws_lambda_function.this.environment[0].variables == tomap({
      TABLE_NAME                         = "shop-dev-users"
      LOG_LEVEL                          = "INFO"
      POWERTOOLS_METRICS_NAMESPACE       = "Shop"
      POWERTOOLS_SERVICE_NAME            = "users"
      POWERTOOLS_TRACER_CAPTURE_RESPONSE = "false"
    })
    error_message = "Other environment variables."
  }
  assert {
    condition = aws_lambda_function.this.logging_config[0] == {
      log_format            = "JSON"
      application_log_level = "TRACE"
      system_log_level      = "INFO"
      log_group             = "/aws/lambda/shop-dev-users"
    }
    error_message = "Another logging configuration."
  }
  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = "Not traced."
  }
  assert {
    condition = (
      aws_lambda_function.this.handler == "users.handler.handler" && aws_lambda_function.this.runtime == "python3.13" &&
      aws_lambda_function.this.architectures == tolist(["x86_64"]) && aws_lambda_function.this.layers == tolist(["arn:aws:lambda:eu-central-1:123456789012:layer:shop-dev-common:1"]) &&
      aws_lambda_function.this.source_code_hash == filebase64sha256("./tests/fixtures/users.zip")
    )
    error_message = "Another handler, runtime, architecture, layer or zip."
  }
  assert {
    condition     = aws_lambda_function.this.memory_size == 1024 && aws_lambda_function.this.timeout == 15 && aws_lambda_function.this.reserved_concurrent_executions == -1
    error_message = "Other defaults."
  }
  assert {
    condition     = aws_lambda_function.this.publish && aws_lambda_alias.live.name == "live" && aws_lambda_alias.live.function_version == "7"
    error_message = "The alias does not point at the published version."
  }
  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/shop-dev-users" && aws_cloudwatch_log_group.this.retention_in_days == 14
    error_message = "Another log group or retention."
  }
}

run "what_the_environment_leaves_out_takes_the_default" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 512, timeout = null, log_level = "DEBUG", log_sample_rate = null, tracing = null, reserved_concurrency = 5 }
  }

  assert {
    condition     = aws_lambda_function.this.memory_size == 512 && aws_lambda_function.this.timeout == 15 && aws_lambda_function.this.environment[0].variables["LOG_LEVEL"] == "DEBUG" && aws_lambda_function.this.reserved_concurrent_executions == 5
    error_message = "Another sizing."
  }
  assert {
    condition     = !contains(keys(aws_lambda_function.this.environment[0].variables), "POWERTOOLS_LOGGER_SAMPLE_RATE") && aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = "Sampled, or not traced."
  }
}

run "a_share_of_the_invocations_logs_debug_lines" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { log_sample_rate = 0.05 }
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables["POWERTOOLS_LOGGER_SAMPLE_RATE"] == "0.05"
    error_message = "Another share."
  }
}

run "a_function_that_is_not_traced_knows_it" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { tracing = false }
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables["TRACING"] == "off" && aws_lambda_function.this.tracing_config[0].mode == "PassThrough"
    error_message = "Traced."
  }
}

run "a_function_learns_where_its_secrets_are" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    secrets = { jwt = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-dev-jwt-AbCdEf" }
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables["JWT_SECRET_ID"] == "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-dev-jwt-AbCdEf"
    error_message = "Other environment variables."
  }
}

run "a_secret_after_which_no_variable_can_be_named_is_refused" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    secrets = { "jwt-key" = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-dev-jwt-AbCdEf" }
  }
  expect_failures = [var.secrets]
}

run "a_missing_zip_is_refused" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    package = { zip = "./tests/fixtures/missing.zip", architecture = "arm64", layers = [] }
  }
  expect_failures = [aws_lambda_function.this]
}

run "a_package_that_cannot_be_imported_and_too_little_memory_are_refused" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    service = "Users-API"
    sizing  = { memory_size = 64 }
  }
  expect_failures = [var.service, var.sizing]
}

run "a_timeout_beyond_the_gateways_is_refused" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { timeout = 30 }
  }
  expect_failures = [var.sizing]
}

run "a_reservation_of_less_than_nothing_is_refused" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { reserved_concurrency = -2 }
  }
  expect_failures = [var.sizing]
}

run "an_unknown_log_level_is_refused" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { log_level = "VERBOSE" }
  }
  expect_failures = [var.sizing]
}

run "a_share_of_more_than_all_is_refused" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { log_sample_rate = 1.01 }
  }
  expect_failures = [var.sizing]
}

run "a_share_of_less_than_nothing_is_refused" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { log_sample_rate = -0.01 }
  }
  expect_failures = [var.sizing]
}
