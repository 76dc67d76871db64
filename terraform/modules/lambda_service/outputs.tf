output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "function_arn" {
  description = "ARN of the function."
  value       = aws_lambda_function.this.arn
}

output "alias_name" {
  description = "Name of the alias that the API invokes."
  value       = local.alias_name
}

output "alias_arn" {
  description = "ARN of the alias that the API invokes."
  value       = local.alias.arn
}

output "alias_invoke_arn" {
  description = "ARN by which API Gateway invokes the alias."
  value       = local.alias.invoke_arn
}

output "role_arn" {
  description = "ARN of the function's role."
  value       = module.role.arn
}

output "log_group_name" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "timeout" {
  description = "Seconds after which Lambda ends an invocation."
  value       = aws_lambda_function.this.timeout
}

output "reserved_concurrency" {
  description = "Concurrent executions reserved for the function; -1 without a reservation."
  value       = var.sizing.reserved_concurrency
}
