output "base_url" {
  description = "URL of the API: that of its domain, or else the default endpoint."
  value       = var.domain == null ? module.http_api.endpoint : "https://${var.domain.name}"
}

output "api_endpoint" {
  description = "URL of the default endpoint, which is off with a domain."
  value       = module.http_api.endpoint
}

output "domain_target" {
  description = "Name and hosted zone of the endpoint that the domain's DNS records must point to, or null without a domain."
  value       = one(module.domain[*].target)
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
  description = "Service => name and ARN of the table that its function uses."
  value       = { for name, table in local.tables : name => { name = table.name, arn = table.arn } }

  precondition {
    condition     = alltrue([for table in values(local.restored) : table.name != "${local.prefix}-${table.service}"])
    error_message = "restored_tables: each name must be that of another table than the service's own, because DynamoDB restores into new tables only."
  }
}

output "secrets" {
  description = "Secret => its name and ARN, never its value."
  value       = { for name, secret in module.secret : name => { name = secret.name, arn = secret.arn } }
}

output "layer_arn" {
  description = "ARN of the layer version with the code that all services share; null if every service is an image."
  value       = one(module.layer[*].arn)
}

output "alarm_topic_arn" {
  description = "ARN of the topic that every alarm notifies. Subscribe targets other than an e-mail address to it."
  value       = module.observability.topic_arn
}

output "deletion_protection" {
  description = "Whether `make destroy` rejects deleting the environment."
  value       = var.deletion_protection
}
