output "api_endpoint" {
  description = "URL of the API."
  value       = module.http_api.endpoint
}

output "api_id" {
  description = "Id of the API."
  value       = module.http_api.id
}

output "functions" {
  description = "Service => name and ARN of its function, ARN of the alias that the API calls, ARN of its role, name of its log group."
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
  description = "Service => name and ARN of its table."
  value       = { for name, table in module.table : name => { name = table.name, arn = table.arn } }
}

output "secrets" {
  description = "Secret => its name and ARN, never its value."
  value       = { for name, secret in module.secret : name => { name = secret.name, arn = secret.arn } }
}

output "layer_arn" {
  description = "ARN of the layer version with the code that all services share."
  value       = module.layer.arn
}

output "alarm_topic_arn" {
  description = "ARN of the topic that every alarm notifies. Subscribe targets other than an e-mail address to it."
  value       = module.observability.topic_arn
}
