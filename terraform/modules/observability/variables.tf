variable "name" {
  description = "Name of the dashboard, and prefix of the names of the topic, the alarms and the queries."
  type        = string
  nullable    = false
}

variable "metrics_namespace" {
  description = "CloudWatch namespace of the services' metrics."
  type        = string
  nullable    = false
}

variable "api" {
  description = "Id of the HTTP API and name of the log group of its access log."
  type = object({
    id                    = string
    access_log_group_name = string
  })
  nullable = false
}

variable "functions" {
  description = "Service => its function: name, log group, timeout in seconds, reserved concurrent executions (-1: no reservation)."
  type = map(object({
    function_name        = string
    log_group_name       = string
    timeout              = number
    reserved_concurrency = number
  }))
  nullable = false

  validation {
    condition     = !contains(keys(var.functions), "api")
    error_message = "functions: a service cannot be called api, because its alarms would have the names of the API's alarms."
  }
}

variable "tables" {
  description = "Table => its name, the names of its indexes, and the DynamoDB actions that any role may call on it."
  type = map(object({
    name    = string
    indexes = list(string)
    actions = list(string)
  }))
  nullable = false
}

variable "unreserved_concurrency" {
  description = "Concurrent executions that functions without a reservation share."
  type        = number
  nullable    = false
}

variable "alarms" {
  description = "E-mail address that alarms notify (or null), and the thresholds of the alarms."
  type = object({
    email               = string
    api_error_percent   = number
    api_latency_ms      = number
    duration_percent    = number
    concurrency_percent = number
    errors              = number
    bugs                = number
    unavailable         = number
    throttles           = number
    table_throttles     = number
    table_system_errors = number
  })
  nullable = false

  validation {
    condition     = var.alarms.email == null ? true : can(regex("^[^@[:space:]]+@[^@[:space:]]+\\.[^@[:space:]]+$", var.alarms.email))
    error_message = "alarms.email must be an e-mail address such as oncall@example.com, or null."
  }

  validation {
    condition     = alltrue([for percent in [var.alarms.api_error_percent, var.alarms.duration_percent, var.alarms.concurrency_percent] : percent > 0 && percent <= 100])
    error_message = "alarms: api_error_percent, duration_percent and concurrency_percent must be above 0 and at most 100."
  }

  validation {
    condition     = var.alarms.api_latency_ms > 0 && var.alarms.api_latency_ms < 30000
    error_message = "alarms.api_latency_ms must be above 0 and below 30000, because API Gateway times out after 30 seconds."
  }

  validation {
    condition = alltrue([
      for count in [
        var.alarms.errors, var.alarms.bugs, var.alarms.unavailable,
        var.alarms.throttles, var.alarms.table_throttles, var.alarms.table_system_errors,
      ] : count >= 1 && floor(count) == count
    ])
    error_message = "alarms: errors, bugs, unavailable, throttles, table_throttles and table_system_errors must be whole numbers of at least 1. An alarm at 0 could never recover."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer managed key that encrypts the topic's messages. Null: they are not encrypted at rest, because CloudWatch cannot use the key that AWS manages for SNS."
  type        = string
  default     = null
}
