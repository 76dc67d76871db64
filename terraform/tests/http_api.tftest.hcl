# Routes, CORS, throttling, access log and permissions of the API.

mock_provider "aws" {
  mock_resource "aws_apigatewayv2_api" {
    defaults = { execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:abc123" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/vendedlogs/apigateway/shop-dev" }
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

run "without_issuer_no_route_has_an_authorizer" {
  command = plan
  module { source = "./modules/http_api" }

  assert {
    condition     = length(aws_apigatewayv2_authorizer.issuer) == 0 && alltrue([for route in aws_apigatewayv2_route.this : route.authorization_type == "NONE"])
    error_message = "There is an authorizer without an issuer."
  }
  assert {
    condition     = !aws_apigatewayv2_api.this.disable_execute_api_endpoint
    error_message = "The default endpoint is off without a domain."
  }
}

run "operations_that_require_a_caller_have_the_authorizer" {
  command = apply
  module { source = "./modules/http_api" }
  variables {
    issuer                   = { url = "https://issuer.example.com", audience = ["client"], required_scopes = ["shop/api"] }
    disable_default_endpoint = true
    services = {
      orders = {
        paths       = ["/api/v1/orders", "/orders"]
        default     = true
        function    = { function_name = "shop-dev-orders", alias_name = "live", alias_invoke_arn = "arn:aws:orders" }
        environment = { PUBLIC_ORDERS = "false", PUBLIC_TOTALS = "true" }
        document    = <<-JSON
          {"paths": {
            "/api/v1/orders": {"get": {"security": []}, "post": {"security": [{"BearerToken": []}]}},
            "/api/v1/orders/health": {"get": {}},
            "/api/v1/orders/{id}": {
              "get": {"security": [{"BearerToken": ["orders:admin"]}]},
              "patch": {"security": [{"BearerToken": []}, {}]},
              "put": {"security": [{"BearerToken": []}, {}], "x-public-if": "PUBLIC_ORDERS"},
              "delete": {"security": [{"BearerToken": []}, {}], "x-public-if": "PUBLIC_TOTALS"},
              "options": {"security": [{"BearerToken": []}, {}], "x-public-if": "NO_VARIABLE"}
            }
          }}
        JSON
      }
    }
  }

  assert {
    condition = {
      for key, route in aws_apigatewayv2_route.this : key => route.authorization_type
      } == {
      "ANY /api/v1/orders"              = "NONE"
      "ANY /api/v1/orders/{proxy+}"     = "NONE"
      "ANY /orders"                     = "NONE"
      "ANY /orders/{proxy+}"            = "NONE"
      "$default"                        = "NONE"
      "GET /api/v1/orders"              = "NONE"
      "HEAD /api/v1/orders"             = "NONE"
      "POST /api/v1/orders"             = "JWT"
      "GET /api/v1/orders/health"       = "NONE"
      "HEAD /api/v1/orders/health"      = "NONE"
      "GET /api/v1/orders/openapi.json" = "NONE"
      "GET /api/v1/orders/{id}"         = "JWT"
      "HEAD /api/v1/orders/{id}"        = "JWT"
      "PATCH /api/v1/orders/{id}"       = "NONE"
      "PUT /api/v1/orders/{id}"         = "JWT"
      "DELETE /api/v1/orders/{id}"      = "NONE"
      "OPTIONS /api/v1/orders/{id}"     = "JWT"
    }
    error_message = "A route that requires a caller has no authorizer, or a public one has it."
  }
  assert {
    condition = alltrue([
      for route in aws_apigatewayv2_route.this :
      route.authorizer_id == aws_apigatewayv2_authorizer.issuer[0].id && route.authorization_scopes == toset(["shop/api"])
      if route.authorization_type == "JWT"
    ])
    error_message = "A route has another authorizer, or does not require the scope of access tokens."
  }
  assert {
    condition = (
      aws_apigatewayv2_authorizer.issuer[0].authorizer_type == "JWT" &&
      aws_apigatewayv2_authorizer.issuer[0].identity_sources == toset(["$request.header.Authorization"]) &&
      aws_apigatewayv2_authorizer.issuer[0].jwt_configuration[0].issuer == "https://issuer.example.com" &&
      aws_apigatewayv2_authorizer.issuer[0].jwt_configuration[0].audience == toset(["client"])
    )
    error_message = "The authorizer accepts other tokens."
  }
  assert {
    condition     = aws_apigatewayv2_api.this.disable_execute_api_endpoint
    error_message = "The default endpoint is on."
  }
}

run "issuer_needs_the_openapi_documents" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    issuer = { url = "https://issuer.example.com", audience = ["client"] }
  }
  expect_failures = [aws_apigatewayv2_authorizer.issuer]
}

run "limits_of_a_path_are_those_of_its_routes_and_an_operation_gets_its_own_route" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    throttling = {
      rate_limit  = 50
      burst_limit = 100
      routes = {
        "/api/v1/stock"              = { rate_limit = 5, burst_limit = 10 }
        "POST /api/v1/orders/token"  = { rate_limit = 1, burst_limit = 2 }
        "ANY /api/v1/stock/{proxy+}" = { rate_limit = 7, burst_limit = 8 }
        "$default"                   = { rate_limit = 3, burst_limit = 4 }
      }
    }
    services = {
      orders = {
        paths    = ["/api/v1/orders"]
        default  = true
        function = { function_name = "shop-dev-orders", alias_name = "live", alias_invoke_arn = "arn:aws:orders" }
        document = "{\"paths\": {\"/api/v1/orders/token\": {\"post\": {\"security\": [{\"BearerToken\": []}]}}, \"/api/v1/orders\": {\"get\": {}}}}"
      }
      stock = {
        paths    = ["/api/v1/stock", "/api/v1/stocks"]
        default  = false
        function = { function_name = "shop-dev-stock", alias_name = "live", alias_invoke_arn = "arn:aws:stock" }
      }
    }
  }

  assert {
    condition = {
      for each in aws_apigatewayv2_stage.default.route_settings :
      each.route_key => "${each.throttling_rate_limit} ${each.throttling_burst_limit} ${each.detailed_metrics_enabled}"
      } == {
      "ANY /api/v1/stock"          = "5 10 true"
      "ANY /api/v1/stock/{proxy+}" = "7 8 true"
      "POST /api/v1/orders/token"  = "1 2 true"
      "$default"                   = "3 4 true"
    }
    error_message = "The limits of a route are wrong."
  }
  assert {
    condition = keys(aws_apigatewayv2_route.this) == [
      "$default", "ANY /api/v1/orders", "ANY /api/v1/orders/{proxy+}", "ANY /api/v1/stock", "ANY /api/v1/stock/{proxy+}",
      "ANY /api/v1/stocks", "ANY /api/v1/stocks/{proxy+}", "POST /api/v1/orders/token",
    ]
    error_message = "A throttled operation has no route, or another operation has one."
  }
  assert {
    condition     = aws_apigatewayv2_route.this["POST /api/v1/orders/token"].authorization_type == "NONE"
    error_message = "A route has an authorizer without an issuer."
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
    condition     = aws_cloudwatch_log_group.access.name == "/aws/vendedlogs/apigateway/shop-dev" && aws_cloudwatch_log_group.access.retention_in_days == 14
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

run "origin_with_path_and_two_defaults_are_rejected" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    cors = { allow_origins = ["https://shop.example.com/"], allow_methods = [], allow_headers = [], expose_headers = [], allow_credentials = false, max_age = null }
    services = {
      orders = { paths = ["/orders"], default = true, function = { function_name = "u", alias_name = "live", alias_invoke_arn = "u" } }
      stock  = { paths = ["/stock"], default = true, function = { function_name = "b", alias_name = "live", alias_invoke_arn = "b" } }
    }
  }
  expect_failures = [var.cors, var.services]
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

run "limits_of_an_unknown_route_are_rejected" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    throttling = { rate_limit = 50, burst_limit = 100, routes = { "GET /api/v1/halls" = { rate_limit = 1, burst_limit = 1 } } }
    cors       = { allow_origins = ["https://shop.example.com"], allow_methods = [], allow_headers = ["Content-Type", "content-type"], expose_headers = [], allow_credentials = false, max_age = null }
  }
  expect_failures = [var.throttling, var.cors]
}

run "route_without_requests_and_two_names_in_one_element_are_rejected" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    throttling = { rate_limit = 50, burst_limit = 100, routes = { "$default" = { rate_limit = 0, burst_limit = 1 } } }
    cors       = { allow_origins = ["https://shop.example.com"], allow_methods = [], allow_headers = ["content-type, accept"], expose_headers = [], allow_credentials = false, max_age = null }
  }
  expect_failures = [var.throttling, var.cors]
}

run "wildcard_within_an_origin_and_zero_rate_are_rejected" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    throttling = { rate_limit = 0, burst_limit = 100 }
    cors       = { allow_origins = ["https://*.example.com"], allow_methods = [], allow_headers = [], expose_headers = [], allow_credentials = false, max_age = null }
  }
  expect_failures = [var.cors, var.throttling]
}

run "origin_with_the_default_port_is_rejected" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    cors = { allow_origins = ["https://shop.example.com:443"], allow_methods = [], allow_headers = [], expose_headers = [], allow_credentials = false, max_age = null }
  }
  expect_failures = [var.cors]
}

run "repeated_origin_is_rejected" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    cors = { allow_origins = ["https://shop.example.com", "https://shop.example.com"], allow_methods = [], allow_headers = [], expose_headers = [], allow_credentials = false, max_age = null }
  }
  expect_failures = [var.cors]
}

run "credentials_for_all_headers_are_rejected" {
  command = plan
  module { source = "./modules/http_api" }
  variables {
    cors = { allow_origins = ["https://shop.example.com"], allow_methods = [], allow_headers = ["*"], expose_headers = [], allow_credentials = true, max_age = null }
  }
  expect_failures = [var.cors]
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
