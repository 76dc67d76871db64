# One service's function, alias and log group.

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
  mock_resource "aws_lambda_alias" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:shop-dev-orders:live" }
  }
}

variables {
  name               = "shop-dev-orders"
  service            = "orders"
  role               = { name = "shop-dev-orders-eu-central-1" }
  package            = { zip = "./tests/fixtures/orders.zip", architecture = "x86_64", layers = ["arn:aws:lambda:eu-central-1:123456789012:layer:shop-dev-common:1"] }
  environment        = { TABLE_NAME = "shop-dev-orders" }
  metrics_namespace  = "Shop"
  grants             = {}
  tables             = {}
  log_retention_days = 14
  sizing             = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1 }
}

run "function_is_traced_logs_json_and_has_a_published_version" {
  command = apply
  module { source = "./modules/lambda_service" }

  assert {
    condition = aws_lambda_function.this.environment[0].variables == tomap({
      TABLE_NAME                         = "shop-dev-orders"
      LOG_LEVEL                          = "INFO"
      POWERTOOLS_METRICS_NAMESPACE       = "Shop"
      POWERTOOLS_SERVICE_NAME            = "orders"
      POWERTOOLS_TRACER_CAPTURE_RESPONSE = "false"
    })
    error_message = "The environment variables are wrong."
  }
  assert {
    condition = aws_lambda_function.this.logging_config[0] == {
      log_format            = "JSON"
      application_log_level = "TRACE"
      system_log_level      = "INFO"
      log_group             = "/aws/lambda/shop-dev-orders"
    }
    error_message = "The logging configuration is wrong."
  }
  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = "The function is not traced."
  }
  assert {
    condition = (
      aws_lambda_function.this.handler == "orders.handler.handler" && aws_lambda_function.this.runtime == "python3.13" &&
      aws_lambda_function.this.architectures == tolist(["x86_64"]) && aws_lambda_function.this.layers == tolist(["arn:aws:lambda:eu-central-1:123456789012:layer:shop-dev-common:1"]) &&
      aws_lambda_function.this.source_code_hash == filebase64sha256("./tests/fixtures/orders.zip")
    )
    error_message = "The handler, runtime, architecture, layer or zip is wrong."
  }
  assert {
    condition     = aws_lambda_function.this.memory_size == 1024 && aws_lambda_function.this.timeout == 15 && aws_lambda_function.this.reserved_concurrent_executions == -1
    error_message = "Memory, timeout or reservation is not that of the sizing."
  }
  assert {
    condition     = aws_lambda_function.this.publish && aws_lambda_alias.live[0].name == "live" && aws_lambda_alias.live[0].function_version == "7"
    error_message = "The alias does not point at the published version."
  }
  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/shop-dev-orders" && aws_cloudwatch_log_group.this.retention_in_days == 14
    error_message = "The log group or its retention is wrong."
  }
}

run "alias_that_codedeploy_moves_ignores_new_versions" {
  command = apply
  module { source = "./modules/lambda_service" }
  variables {
    name       = "shop-prod-orders"
    codedeploy = true
  }

  assert {
    condition     = length(aws_lambda_alias.live) == 0 && aws_lambda_alias.released[0].name == "live" && aws_lambda_alias.released[0].function_version == "7"
    error_message = "The alias does not point at the first version, or is not the one whose changes are ignored."
  }
  assert {
    condition     = output.alias_name == "live" && output.alias_arn == aws_lambda_alias.released[0].arn
    error_message = "The outputs are not those of the alias."
  }
}

run "sizing_reaches_the_function" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 512, timeout = 15, log_level = "DEBUG", log_sample_rate = 0, tracing = "otel", reserved_concurrency = 5 }
  }

  assert {
    condition     = aws_lambda_function.this.memory_size == 512 && aws_lambda_function.this.timeout == 15 && aws_lambda_function.this.environment[0].variables["LOG_LEVEL"] == "DEBUG" && aws_lambda_function.this.reserved_concurrent_executions == 5
    error_message = "The function does not have the chosen sizing."
  }
  assert {
    condition     = !contains(keys(aws_lambda_function.this.environment[0].variables), "POWERTOOLS_LOGGER_SAMPLE_RATE") && aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = "The function samples debug lines or is not traced, although the sizing does not say so."
  }
}

run "log_sample_rate_reaches_the_function" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0.05, tracing = "otel", reserved_concurrency = -1 }
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables["POWERTOOLS_LOGGER_SAMPLE_RATE"] == "0.05"
    error_message = "The sample rate is not the chosen one."
  }
}

run "tracing_can_be_switched_off" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "off", reserved_concurrency = -1 }
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables["TRACING"] == "off" && aws_lambda_function.this.tracing_config[0].mode == "PassThrough"
    error_message = "The function is traced, although tracing is switched off."
  }
}

run "xray_sdk_can_be_chosen" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "powertools", reserved_concurrency = -1 }
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables["TRACING"] == "powertools" && aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = "The function is not traced by the X-Ray SDK."
  }
}

run "tracing_is_no_longer_a_boolean" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = true, reserved_concurrency = -1 }
  }
  expect_failures = [var.sizing]
}

run "secret_arns_are_environment_variables" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    secrets = { jwt = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-dev-jwt-AbCdEf" }
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables["JWT_SECRET_ID"] == "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-dev-jwt-AbCdEf"
    error_message = "The environment variables are wrong."
  }
}

run "secret_name_with_dash_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    secrets = { "jwt-key" = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-dev-jwt-AbCdEf" }
  }
  expect_failures = [var.secrets]
}

run "missing_zip_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    package = { zip = "./tests/fixtures/missing.zip", architecture = "arm64", layers = [] }
  }
  expect_failures = [aws_lambda_function.this]
}

run "zip_of_another_architecture_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    package = { zip = "./tests/fixtures/orders.zip", architecture = "arm64", packaged_for = "x86_64", layers = [] }
  }
  expect_failures = [aws_lambda_function.this]
}

run "service_that_is_not_importable_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    service = "Orders-API"
  }
  expect_failures = [var.service]
}

run "small_memory_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 64, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1 }
  }
  expect_failures = [var.sizing]
}

run "timeout_beyond_the_gateway_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 20, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1 }
  }
  expect_failures = [var.sizing]
}

run "timeout_too_short_for_calls_of_aws_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 4, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1 }
  }
  expect_failures = [var.sizing]
}

run "reservation_below_minus_one_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -2 }
  }
  expect_failures = [var.sizing]
}

run "unknown_log_level_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "VERBOSE", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1 }
  }
  expect_failures = [var.sizing]
}

run "log_sample_rate_above_one_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 1.01, tracing = "otel", reserved_concurrency = -1 }
  }
  expect_failures = [var.sizing]
}

run "negative_log_sample_rate_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = -0.01, tracing = "otel", reserved_concurrency = -1 }
  }
  expect_failures = [var.sizing]
}
