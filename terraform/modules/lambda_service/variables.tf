variable "name" {
  description = "Name of the function."
  type        = string
  nullable    = false
}

variable "role" {
  description = "Name and path of the function's role, which belong to the account and not to a region, and the ARN of its permissions boundary."
  type = object({
    name                     = string
    path                     = optional(string, "/")
    permissions_boundary_arn = optional(string)
  })
  nullable = false
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
  description = <<-TEXT
    Path of the zip with the service's code, the function's architecture, the architecture that the zip was packaged for
    (null: not known), the ARNs of its layers, and, in place of the path, where the zip is published: bucket, key, version
    and SHA-256 in base64. With an image (its URI by digest, the architecture that it was built for), the function is made
    of that, and has neither zip nor layers.
  TEXT
  type = object({
    zip          = string
    architecture = string
    packaged_for = optional(string)
    layers       = list(string)
    published    = optional(object({ bucket = string, key = string, version = string, hash = string }))
    image = optional(object({
      uri          = string
      architecture = string
    }))
  })
  nullable = false
}

variable "sizing" {
  description = <<-TEXT
    memory_size in MB (CPU is proportional to it: one vCPU at 1,769 MB), timeout in seconds, log_level below which lines
    are dropped, log_sample_rate: the share of invocations (0 to 1) that log debug lines at any log_level, tracing: the
    library that records traces: otel (OpenTelemetry), powertools (Powertools' Tracer and the X-Ray SDK, which ends on
    25 February 2027) or off,
    reserved_concurrency: concurrent executions that are reserved for the function and limit it (-1: no reservation).
    snap_start: whether Lambda starts environments from a snapshot that it takes when a version is published.
    provisioned_concurrency: environments that are initialised in advance (see capacity.tf).
  TEXT
  type = object({
    memory_size          = number
    timeout              = number
    log_level            = string
    log_sample_rate      = number
    tracing              = string
    reserved_concurrency = number
    snap_start           = optional(bool, false)
    provisioned_concurrency = optional(object({
      executions = number
      schedules = optional(map(object({
        expression = string
        timezone   = optional(string, "Etc/UTC")
        executions = number
      })), {})
      tracking = optional(object({
        most        = number
        utilization = optional(number, 0.7)
      }))
    }), { executions = 0 })
  })
  nullable = false

  validation {
    condition     = var.sizing.memory_size >= 128 && var.sizing.memory_size <= 10240 && floor(var.sizing.memory_size) == var.sizing.memory_size
    error_message = "sizing.memory_size must be a whole number of MB from 128 to 10240."
  }

  validation {
    condition     = var.sizing.timeout >= 5 && var.sizing.timeout <= 19 && floor(var.sizing.timeout) == var.sizing.timeout
    error_message = "sizing.timeout must be a whole number of seconds from 5 to 19: API Gateway times out after 30, of which INIT may take 10, and calls of AWS need 5 to leave time for the response."
  }

  validation {
    condition     = var.sizing.reserved_concurrency >= -1 && floor(var.sizing.reserved_concurrency) == var.sizing.reserved_concurrency
    error_message = "sizing.reserved_concurrency must be a whole number of at least -1. 0 stops the function, -1 means no reservation."
  }

  validation {
    condition     = !(var.sizing.snap_start && var.sizing.provisioned_concurrency.executions > 0)
    error_message = "${var.service}: sizing has both snap_start and provisioned_concurrency, but Lambda supports only one of them. Set snap_start = false, or provisioned_concurrency = { executions = 0 }."
  }

  validation {
    condition = (
      var.sizing.provisioned_concurrency.executions == 0 && length(var.sizing.provisioned_concurrency.schedules) == 0 && var.sizing.provisioned_concurrency.tracking == null
      ) || alltrue([
        for executions in concat(
          var.sizing.provisioned_concurrency[*].executions,
          values(var.sizing.provisioned_concurrency.schedules)[*].executions,
          var.sizing.provisioned_concurrency.tracking[*].most,
        ) : executions >= 1 && floor(executions) == executions
    ])
    error_message = "${var.service}: sizing.provisioned_concurrency must have whole numbers of at least 1 in executions, in each schedule, and in tracking.most. Only executions = 0 without schedules and tracking is possible too: it means none."
  }

  validation {
    condition     = try(var.sizing.provisioned_concurrency.tracking.most >= var.sizing.provisioned_concurrency.executions, true)
    error_message = "${var.service}: sizing.provisioned_concurrency.tracking.most must not be less than executions, which is the least."
  }

  validation {
    condition     = try(var.sizing.provisioned_concurrency.tracking.utilization >= 0.1 && var.sizing.provisioned_concurrency.tracking.utilization <= 0.9, true)
    error_message = "${var.service}: sizing.provisioned_concurrency.tracking.utilization must be a number from 0.1 to 0.9, such as 0.7: seven of ten environments are busy."
  }

  validation {
    condition     = alltrue([for schedule in var.sizing.provisioned_concurrency.schedules : can(regex("^(cron|rate|at)\\(.+\\)$", schedule.expression))])
    error_message = "${var.service}: the expression of each schedule in sizing.provisioned_concurrency must be cron(...), rate(...) or at(...), such as cron(0 7 ? * MON-FRI *)."
  }

  validation {
    condition = var.sizing.reserved_concurrency < 0 || alltrue([
      for executions in concat(
        var.sizing.provisioned_concurrency[*].executions,
        values(var.sizing.provisioned_concurrency.schedules)[*].executions,
        var.sizing.provisioned_concurrency.tracking[*].most,
      ) : 2 * executions <= var.sizing.reserved_concurrency
    ])
    error_message = "${var.service}: sizing.reserved_concurrency must be at least twice the most environments of provisioned_concurrency, because a release initialises those of the new version before it ends those of the old one."
  }

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], var.sizing.log_level)
    error_message = "sizing.log_level must be DEBUG, INFO, WARNING, ERROR or CRITICAL."
  }

  validation {
    condition     = contains(["otel", "powertools", "off"], var.sizing.tracing)
    error_message = "sizing.tracing must be \"otel\", \"powertools\" or \"off\". Instead of true write \"otel\", instead of false \"off\"."
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
  description = "Table => its ARNs and those of its indexes (see execution_role)."
  type = map(object({
    arns       = list(string)
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

variable "kms_key_arn" {
  description = "ARN of the customer managed key that encrypts the function's environment and log, and that the function's tables and secrets are encrypted with. Null: keys of AWS."
  type        = string
  default     = null
}

variable "codedeploy" {
  description = "Whether CodeDeploy moves the alias to a new version, instead of Terraform."
  type        = bool
  default     = false
  nullable    = false
}
