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
    users = {
      paths    = ["/api/v1/users", "/users"]
      default  = true
      function = { function_name = "shop-dev-users", alias_name = "live", alias_invoke_arn = "arn:aws:users" }
    }
    books = {
      paths    = ["/api/v1/books"]
      default  = false
      function = { function_name = "shop-dev-books", alias_name = "live", alias_invoke_arn = "arn:aws:books" }
    }
  }
  cors               = { allow_origins = [], allow_methods = [], allow_headers = [], expose_headers = [] }
  throttling         = { rate_limit = 50, burst_limit = 100 }
  log_retention_days = 14
}

run "every_path_reaches_its_service_and_the_rest_the_default_one" {
  command = apply
  module { source = "./modules/http_api" }

  assert {
    condition = {
      for key, route in aws_apigatewayv2_route.this : key =>
      one([for name, integration in aws_apigatewayv2_integration.this : name if route.target == "integrations/${integration.id}"])
      } == {
      "ANY /api/v1/users"          = "users"
      "ANY /api/v1/users/{proxy+}" = "users"
      "ANY /users"                 = "users"
      "ANY /users/{proxy+}"        = "users"
      "ANY /api/v1/books"          = "books"
      "ANY /api/v1/books/{proxy+}" = "books"
      "$default"                   = "users"
    }
    error_message = "Other routes."
  }
  assert {
    condition     = alltrue([for key, route in aws_apigatewayv2_route.this : route.route_key == key])
    error_message = "A route's key is not its name."
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
    error_message = "Somebody else than this API may call an alias."
  }
}

run "the_stage_is_throttled_and_logs_json" {
  command = plan
  module { source = "./modules/http_api" }

  assert {
    condition     = aws_apigatewayv2_stage.default.name == "$default" && aws_apigatewayv2_stage.default.auto_deploy
    error_message = "Another stage."
  }
  assert {
    condition     = aws_apigatewayv2_stage.default.default_route_settings[0].throttling_rate_limit == 50 && aws_apigatewayv2_stage.default.default_route_settings[0].throttling_burst_limit == 100
    error_message = "Another throttling."
  }
  assert {
    condition     = aws_cloudwatch_log_group.access.name == "/aws/apigateway/shop-dev" && aws_cloudwatch_log_group.access.retention_in_days == 14
    error_message = "Another log group or retention."
  }
  assert {
    condition = length(setsubtract(
      ["requestId", "routeKey", "status", "responseLength", "responseLatency", "integrationError", "integrationErrorMessage", "integrationStatus", "ip", "method", "path", "protocol"],
      keys(jsondecode(aws_apigatewayv2_stage.default.access_log_settings[0].format)),
    )) == 0
    error_message = "A field is missing in the access log."
  }
}

run "without_an_origin_there_is_no_cors" {
  command = plan
  module { source = "./modules/http_api" }

  assert {
    condition     = length(aws_apigatewayv2_api.this.cors_configuration) == 0
    error_message = "CORS although nobody asked."
  }
}

run "with_an_origin_there_is_cors" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    cors = { allow_origins = ["https://shop.example.com"], allow_methods = ["GET", "POST"], allow_headers = ["content-type"], expose_headers = ["x-request-id"] }
  }

  assert {
    condition = (
      aws_apigatewayv2_api.this.cors_configuration[0].allow_origins == toset(["https://shop.example.com"]) &&
      aws_apigatewayv2_api.this.cors_configuration[0].allow_methods == toset(["GET", "POST"]) &&
      aws_apigatewayv2_api.this.cors_configuration[0].allow_headers == toset(["content-type"]) &&
      aws_apigatewayv2_api.this.cors_configuration[0].expose_headers == toset(["x-request-id"])
    )
    error_message = "Another CORS configuration."
  }
}

# Each run costs a second and a half, so each breaks one rule of every variable.

run "an_origin_with_a_path_a_rate_of_zero_and_two_default_services_are_refused" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    cors       = { allow_origins = ["https://shop.example.com/"], allow_methods = [], allow_headers = [], expose_headers = [] }
    throttling = { rate_limit = 0, burst_limit = 100 }
    services = {
      users = { paths = ["/users"], default = true, function = { function_name = "u", alias_name = "live", alias_invoke_arn = "u" } }
      books = { paths = ["/books"], default = true, function = { function_name = "b", alias_name = "live", alias_invoke_arn = "b" } }
    }
  }
  expect_failures = [var.cors, var.throttling, var.services]
}

run "an_unknown_method_and_a_path_of_two_services_are_refused" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    cors = { allow_origins = ["https://shop.example.com"], allow_methods = ["get"], allow_headers = [], expose_headers = [] }
    services = {
      users = { paths = ["/users"], default = true, function = { function_name = "u", alias_name = "live", alias_invoke_arn = "u" } }
      books = { paths = ["/users"], default = false, function = { function_name = "b", alias_name = "live", alias_invoke_arn = "b" } }
    }
  }
  expect_failures = [var.cors, var.services]
}

run "methods_without_an_origin_and_a_path_with_a_slash_at_its_end_are_refused" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    cors = { allow_origins = [], allow_methods = ["GET"], allow_headers = [], expose_headers = [] }
    services = {
      users = { paths = ["/users/"], default = true, function = { function_name = "u", alias_name = "live", alias_invoke_arn = "u" } }
    }
  }
  expect_failures = [var.cors, var.services]
}
