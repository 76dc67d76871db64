variable "name" {
  description = "Name of the function and its role."
  type        = string
  nullable    = false
}

variable "service" {
  description = "Name of the service: import name of its package, whose handler is <service>.handler.handler."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]*$", var.service))
    error_message = "service: the import name of a Python package, in lower-case letters, digits and underscores."
  }
}

variable "package" {
  description = "Path of the zip with the service's code, processor that it was packaged for, ARNs of the layers below it."
  type = object({
    zip          = string
    architecture = string
    layers       = list(string)
  })
  nullable = false
}

variable "sizing" {
  description = "Memory in MB (CPU grows with it: one core at 1,769), timeout in seconds, level from which lines are logged, share of the invocations (0 to 1) that log debug lines whatever the level is, whether the function is traced, executions at a time that are reserved for the function and are all that it gets (-1: none are)."
  type = object({
    memory_size          = optional(number, 1024)
    timeout              = optional(number, 15)
    log_level            = optional(string, "INFO")
    log_sample_rate      = optional(number, 0)
    tracing              = optional(bool, true)
    reserved_concurrency = optional(number, -1)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.sizing.memory_size >= 128 && var.sizing.memory_size <= 10240 && floor(var.sizing.memory_size) == var.sizing.memory_size
    error_message = "sizing.memory_size: a whole number of MB from 128 to 10240."
  }

  validation {
    condition     = var.sizing.timeout >= 1 && var.sizing.timeout <= 29 && floor(var.sizing.timeout) == var.sizing.timeout
    error_message = "sizing.timeout: a whole number of seconds from 1 to 29, because API Gateway gives up after 30."
  }

  validation {
    condition     = var.sizing.reserved_concurrency >= -1 && floor(var.sizing.reserved_concurrency) == var.sizing.reserved_concurrency
    error_message = "sizing.reserved_concurrency: a whole number; 0 stops the function, -1 reserves nothing."
  }

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], var.sizing.log_level)
    error_message = "sizing.log_level: DEBUG, INFO, WARNING, ERROR or CRITICAL."
  }

  validation {
    condition     = var.sizing.log_sample_rate >= 0 && var.sizing.log_sample_rate <= 1
    error_message = "sizing.log_sample_rate: from 0, no invocation, to 1, every invocation; 0.01 is one in a hundred."
  }
}

variable "environment" {
  description = "Environment variables of the service; the module adds those of logging, metrics and traces."
  type        = map(string)
  nullable    = false
}

variable "metrics_namespace" {
  description = "CloudWatch namespace of the service's metrics."
  type        = string
  nullable    = false
}

variable "grants" {
  description = "Table => DynamoDB actions on it (see execution_role)."
  type        = map(list(string))
  nullable    = false
}

variable "tables" {
  description = "Table => its ARN and the ARNs of its indexes (see execution_role)."
  type = map(object({
    arn        = string
    index_arns = list(string)
  }))
  nullable = false
}

variable "secrets" {
  description = "Secret => its ARN, which the function finds in <SECRET>_SECRET_ID (see execution_role)."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.secrets) : can(regex("^[a-z][a-z0-9_]*$", name))])
    error_message = "secrets: names of lower-case letters, digits and underscores, because an environment variable is named after each."
  }
}

variable "log_retention_days" {
  description = "Days for which CloudWatch keeps the function's log."
  type        = number
  nullable    = false
}
