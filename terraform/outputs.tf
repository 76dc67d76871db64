output "api_endpoint" {
  description = "Address of the API."
  value       = module.http_api.endpoint
}

output "api_id" {
  description = "Id of the API."
  value       = module.http_api.id
}

output "functions" {
  description = "For each service: its function's name and ARN, the ARN of the alias that the API calls, role ARN and log group."
  value = {
    for name, service in module.service : name => {
      name      = service.function_name
      arn       = service.function_arn
      alias_arn = service.alias_arn
      role_arn  = service.role_arn
      log_group = service.log_group_name
    }
  }
}

output "tables" {
  description = "For each service: its table's name and ARN."
  value       = { for name, table in module.table : name => { name = table.name, arn = table.arn } }
}

output "secrets" {
  description = "For each secret: its name and ARN, never its value."
  value       = { for name, secret in module.secret : name => { name = secret.name, arn = secret.arn } }
}

output "layer_arn" {
  description = "ARN of the bootstrap layer's version."
  value       = module.layer.arn
}

output "alarm_topic_arn" {
  description = "ARN of the topic that every alarm goes to; subscribe here what is not an e-mail."
  value       = module.observability.topic_arn
}
