# The HTTP API in front of the services: routes, integrations, stage, access log, and permission to invoke each alias.

resource "aws_apigatewayv2_api" "this" {
  name                         = var.name
  protocol_type                = "HTTP"
  disable_execute_api_endpoint = var.disable_default_endpoint

  dynamic "cors_configuration" {
    for_each = length(var.cors.allow_origins) > 0 ? [var.cors] : []

    content {
      allow_origins     = cors_configuration.value.allow_origins
      allow_methods     = cors_configuration.value.allow_methods
      allow_headers     = cors_configuration.value.allow_headers
      expose_headers    = cors_configuration.value.expose_headers
      allow_credentials = cors_configuration.value.allow_credentials
      max_age           = cors_configuration.value.max_age
    }
  }
}

resource "aws_apigatewayv2_integration" "this" {
  for_each = var.services

  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = each.value.function.alias_invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 30000
}

resource "aws_lambda_permission" "this" {
  for_each = var.services

  statement_id  = "http-api"
  action        = "lambda:InvokeFunction"
  function_name = each.value.function.function_name
  qualifier     = each.value.function.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*/*"
}

# API Gateway adds a group without the prefix /aws/vendedlogs/ to a resource policy of CloudWatch Logs, which has at most
# 5,120 characters: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
resource "aws_cloudwatch_log_group" "access" {
  #checkov:skip=CKV_AWS_338:The environment chooses the retention. Callers' IP addresses are not stored longer than needed.
  name              = "/aws/vendedlogs/apigateway/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn

    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
    format = jsonencode({
      requestId               = "$context.requestId"
      time                    = "$context.requestTime"
      ip                      = "$context.identity.sourceIp"
      userAgent               = "$context.identity.userAgent"
      protocol                = "$context.protocol"
      method                  = "$context.httpMethod"
      path                    = "$context.path"
      routeKey                = "$context.routeKey"
      status                  = "$context.status"
      responseLength          = "$context.responseLength"
      responseLatency         = "$context.responseLatency"
      integrationStatus       = "$context.integrationStatus"
      integrationLatency      = "$context.integrationLatency"
      integrationError        = "$context.integration.error"
      integrationErrorMessage = "$context.integrationErrorMessage"
      errorMessage            = "$context.error.message"
      authorizerError         = "$context.authorizer.error"
    })
  }

  default_route_settings {
    detailed_metrics_enabled = true
    throttling_rate_limit    = var.throttling.rate_limit
    throttling_burst_limit   = var.throttling.burst_limit
  }

  dynamic "route_settings" {
    for_each = local.throttled_routes

    content {
      route_key                = route_settings.key
      detailed_metrics_enabled = true
      throttling_rate_limit    = route_settings.value.rate_limit
      throttling_burst_limit   = route_settings.value.burst_limit
    }
  }

  # AWS rejects settings of a route that does not exist yet.
  depends_on = [aws_apigatewayv2_route.this]
}
