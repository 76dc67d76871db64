variable "name" {
  description = "Name of the function and its role."
  type        = string
  nullable    = false
}

variable "service" {
  description = "Name of the service, which is also its Python package. The handler is <service>.handler.handler."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]*$", var.service))
    error_message = "service must be the import name of a Python package: lower-case letters, digits and underscores, a letter first."
  }
}

variable "package" {
  description = "Path of the zip with the service's code, the architecture that it was packaged for, and the ARNs of its layers."
  type = object({
    zip          = string
    architecture = string
    layers       = list(string)
  })
  nullable = false
}

variable "sizing" {
  description = <<-TEXT
    memory_size in MB (CPU is proportional to it: one vCPU at 1,769 MB), timeout in seconds, log_level below which lines
    are dropped, log_sample_rate: the share of invocations (0 to 1) that log debug lines at any log_level, tracing,
    reserved_concurrency: concurrent executions that are reserved for the function and limit it (-1: no reservation).
  TEXT
  type = object({
    memory_size          = number
    timeout              = number
    log_level            = string
    log_sample_rate      = number
    tracing              = bool
    reserved_concurrency = number
  })
  nullable = false

  validation {
    condition     = var.sizing.memory_size >= 128 && var.sizing.memory_size <= 10240 && floor(var.sizing.memory_size) == var.sizing.memory_size
    error_message = "sizing.memory_size must be a whole number of MB from 128 to 10240."
  }

  validation {
    condition     = var.sizing.timeout >= 1 && var.sizing.timeout <= 29 && floor(var.sizing.timeout) == var.sizing.timeout
    error_message = "sizing.timeout must be a whole number of seconds from 1 to 29, because API Gateway times out after 30."
  }

  validation {
    condition     = var.sizing.reserved_concurrency >= -1 && floor(var.sizing.reserved_concurrency) == var.sizing.reserved_concurrency
    error_message = "sizing.reserved_concurrency must be a whole number of at least -1. 0 stops the function, -1 means no reservation."
  }

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], var.sizing.log_level)
    error_message = "sizing.log_level must be DEBUG, INFO, WARNING, ERROR or CRITICAL."
  }

  validation {
    condition     = var.sizing.log_sample_rate >= 0 && var.sizing.log_sample_rate <= 1
    error_message = "sizing.log_sample_rate must be a number from 0 (no invocation) to 1 (every invocation). 0.01 is one in a hundred."
  }
}

variable "environment" {
  description = "Environment variables of the service. The module adds those for secrets, logging, metrics and tracing."
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
  description = "Secret => its ARN, which the function reads from <SECRET>_SECRET_ID (see execution_role)."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.secrets) : can(regex("^[a-z][a-z0-9_]*$", name))])
    error_message = "secrets must have names of lower-case letters, digits and underscores, because each name is part of an environment variable's name."
  }
}

variable "log_retention_days" {
  description = "Days for which CloudWatch stores the function's log."
  type        = number
  nullable    = false
}
