output "id" {
  description = "Id of the API."
  value       = aws_apigatewayv2_api.this.id
}

output "stage" {
  description = "Name of the stage."
  value       = aws_apigatewayv2_stage.default.name
}

output "endpoint" {
  description = "URL of the default endpoint, which responds unless it is disabled."
  value       = aws_apigatewayv2_api.this.api_endpoint
}

output "access_log_group_name" {
  description = "Name of the access log's log group."
  value       = aws_cloudwatch_log_group.access.name
}
