output "application" {
  description = "Name of the CodeDeploy application."
  value       = aws_codedeploy_app.this.name
}

output "deployment_groups" {
  description = "Service => name of its deployment group."
  value       = { for name, group in aws_codedeploy_deployment_group.this : name => group.deployment_group_name }
}

output "hook_arn" {
  description = "ARN of the function that CodeDeploy invokes before a new version gets traffic."
  value       = aws_lambda_function.hook.arn
}
