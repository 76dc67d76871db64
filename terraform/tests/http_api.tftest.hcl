# Routes, CORS, throttling, access log and permissions of the API.

mock_provider "aws" {
  mock_resource "aws_apigatewayv2_api" {
    defaults = { execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:abc123" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/apigateway/shop-dev" }
  }
}

variables {
  name = "shop-dev"
  services = {
    orders = {
      paths    = ["/api/v1/orders", "/orders"]
      default  = true
      function = { function_name = "shop-dev-orders", alias_name = "live", alias_invoke_arn = "arn:aws:orders" }
    }
    stock = {
      paths    = ["/api/v1/stock"]
      default  = false
      function = { function_name = "shop-dev-stock", alias_name = "live", alias_invoke_arn = "arn:aws:stock" }
    }
  }
  cors               = { allow_origins = [], allow_methods = [], allow_headers = [], expose_headers = [], allow_credentials = false, max_age = null }
  throttling         = { rate_limit = 50, burst_limit = 100 }
  log_retention_days = 14
}

run "paths_reach_their_service_and_the_rest_the_default" {
  command = apply
  module { source = "./modules/http_api" }

  assert {
    condition = {
      for key, route in aws_apigatewayv2_route.this : key =>
      one([for name, integration in aws_apigatewayv2_integration.this : name if route.target == "integrations/${integration.id}"])
      } == {
      "ANY /api/v1/orders"          = "orders"
      "ANY /api/v1/orders/{proxy+}" = "orders"
      "ANY /orders"                 = "orders"
      "ANY /orders/{proxy+}"        = "orders"
      "ANY /api/v1/stock"           = "stock"
      "ANY /api/v1/stock/{proxy+}"  = "stock"
      "$default"                    = "orders"
    }
    error_message = "The routes are wrong."
  }
  assert {
    condition     = alltrue([for key, route in aws_apigatewayv2_route.this : route.route_key == key])
    error_message = "A route's key is wrong."
  }
  assert {
    condition = alltrue([
      for name, integration in aws_apigatewayv2_integration.this :
      integration.integration_type == "AWS_PROXY" && integration.payload_format_version == "2.0" && integration.integration_uri == "arn:aws:${name}"
    ])
    error_message = "An integration does not call its service's alias with payload 2.0."
  }
  assert {
    condition = alltrue([
      for name, permission in aws_lambda_permission.this :
      permission.function_name == "shop-dev-${name}" && permission.qualifier == "live" &&
      permission.action == "lambda:InvokeFunction" && permission.principal == "apigateway.amazonaws.com" &&
      permission.source_arn == "arn:aws:execute-api:eu-central-1:123456789012:abc123/*/*"
    ])
    error_message = "Something else than this API may call an alias."
  }
}

run "stage_is_throttled_and_logs_json" {
  command = plan
  module { source = "./modules/http_api" }

  assert {
    condition     = aws_apigatewayv2_stage.default.name == "$default" && aws_apigatewayv2_stage.default.auto_deploy
    error_message = "The stage is wrong."
  }
  assert {
    condition     = aws_apigatewayv2_stage.default.default_route_settings[0].throttling_rate_limit == 50 && aws_apigatewayv2_stage.default.default_route_settings[0].throttling_burst_limit == 100
    error_message = "The throttling is wrong."
  }
  assert {
    condition     = aws_cloudwatch_log_group.access.name == "/aws/apigateway/shop-dev" && aws_cloudwatch_log_group.access.retention_in_days == 14
    error_message = "The log group or its retention is wrong."
  }
  assert {
    condition = length(setsubtract(
      ["requestId", "routeKey", "status", "responseLength", "responseLatency", "integrationError", "integrationErrorMessage", "integrationStatus", "ip", "method", "path", "protocol"],
      keys(jsondecode(aws_apigatewayv2_stage.default.access_log_settings[0].format)),
    )) == 0
    error_message = "The access log lacks a field."
  }
}

run "no_origin_means_no_cors" {
  command = plan
  module { source = "./modules/http_api" }

  assert {
    condition     = length(aws_apigatewayv2_api.this.cors_configuration) == 0
    error_message = "There is a CORS configuration without an origin."
  }
}

run "origin_enables_cors" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    cors = { allow_origins = ["https://shop.example.com"], allow_methods = ["GET", "POST"], allow_headers = ["content-type"], expose_headers = ["x-request-id"], allow_credentials = true, max_age = 86400 }
  }

  assert {
    condition = (
      aws_apigatewayv2_api.this.cors_configuration[0].allow_origins == toset(["https://shop.example.com"]) &&
      aws_apigatewayv2_api.this.cors_configuration[0].allow_methods == toset(["GET", "POST"]) &&
      aws_apigatewayv2_api.this.cors_configuration[0].allow_headers == toset(["content-type"]) &&
      aws_apigatewayv2_api.this.cors_configuration[0].expose_headers == toset(["x-request-id"]) &&
      aws_apigatewayv2_api.this.cors_configuration[0].allow_credentials &&
      aws_apigatewayv2_api.this.cors_configuration[0].max_age == 86400
    )
    error_message = "The CORS configuration is wrong."
  }
}

# A run takes 1.5 s, so each run breaks one rule of every variable.

run "origin_with_path_zero_rate_and_two_defaults_are_rejected" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    cors       = { allow_origins = ["https://shop.example.com/"], allow_methods = [], allow_headers = [], expose_headers = [], allow_credentials = false, max_age = null }
    throttling = { rate_limit = 0, burst_limit = 100 }
    services = {
      orders = { paths = ["/orders"], default = true, function = { function_name = "u", alias_name = "live", alias_invoke_arn = "u" } }
      stock  = { paths = ["/stock"], default = true, function = { function_name = "b", alias_name = "live", alias_invoke_arn = "b" } }
    }
  }
  expect_failures = [var.cors, var.throttling, var.services]
}

run "unknown_method_and_shared_path_are_rejected" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    cors = { allow_origins = ["https://shop.example.com"], allow_methods = ["get"], allow_headers = [], expose_headers = [], allow_credentials = false, max_age = null }
    services = {
      orders = { paths = ["/orders"], default = true, function = { function_name = "u", alias_name = "live", alias_invoke_arn = "u" } }
      stock  = { paths = ["/orders"], default = false, function = { function_name = "b", alias_name = "live", alias_invoke_arn = "b" } }
    }
  }
  expect_failures = [var.cors, var.services]
}

run "methods_without_origin_and_trailing_slash_are_rejected" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    cors = { allow_origins = [], allow_methods = ["GET"], allow_headers = [], expose_headers = [], allow_credentials = false, max_age = null }
    services = {
      orders = { paths = ["/orders/"], default = true, function = { function_name = "u", alias_name = "live", alias_invoke_arn = "u" } }
    }
  }
  expect_failures = [var.cors, var.services]
}

run "credentials_for_all_origins_are_rejected" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    cors = { allow_origins = ["*"], allow_methods = ["*"], allow_headers = [], expose_headers = [], allow_credentials = true, max_age = null }
  }
  expect_failures = [var.cors]
}

run "age_above_a_day_is_rejected" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    cors = { allow_origins = ["*"], allow_methods = ["*"], allow_headers = [], expose_headers = [], allow_credentials = false, max_age = 86401 }
  }
  expect_failures = [var.cors]
}

run "age_below_zero_is_rejected" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    cors = { allow_origins = ["*"], allow_methods = ["*"], allow_headers = [], expose_headers = [], allow_credentials = false, max_age = -1 }
  }
  expect_failures = [var.cors]
}

run "age_without_origin_is_rejected" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    cors = { allow_origins = [], allow_methods = [], allow_headers = [], expose_headers = [], allow_credentials = false, max_age = 60 }
  }
  expect_failures = [var.cors]
}
