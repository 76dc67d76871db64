variable "name" {
  description = "Name of the CodeDeploy application, and prefix of the names of the roles and of the hook function."
  type        = string
  nullable    = false
}

variable "deployment_config" {
  description = "Name of the CodeDeploy configuration that says how traffic shifts, such as CodeDeployDefault.LambdaCanary10Percent5Minutes."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^CodeDeployDefault\\.Lambda", var.deployment_config))
    error_message = "deployment_config must be a predefined configuration for Lambda: CodeDeployDefault.Lambda..."
  }
}

variable "services" {
  description = <<-TEXT
    Service => its function and alias, the path of its address, and the names of the alarms that roll a release back: at
    least one and at most ten (https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html). Alarms on Lambda's
    Errors alone would miss bugs, because a service responds with 500.
  TEXT
  type = map(object({
    function_name = string
    function_arn  = string
    alias_arn     = string
    path          = string
    alarms        = list(string)
  }))
  nullable = false

  validation {
    condition     = alltrue([for service in var.services : length(service.alarms) >= 1 && length(service.alarms) <= 10])
    error_message = "services: each service needs one to ten alarms, or no failure would roll its release back."
  }
}

variable "hook" {
  description = "Path of the zip with the hook's code, the architecture of the function, and where the zip was published (null: the file is uploaded)."
  type = object({
    zip          = string
    architecture = string
    published = optional(object({
      bucket  = string
      key     = string
      version = string
      hash    = string
    }))
  })
  nullable = false
}

variable "role" {
  description = "Path and permissions boundary (or null) of the roles of CodeDeploy and of the hook."
  type = object({
    path                     = string
    permissions_boundary_arn = string
  })
  default  = { path = "/", permissions_boundary_arn = null }
  nullable = false
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the hook's log and environment. Null: keys of AWS."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days for which CloudWatch stores the hook's log."
  type        = number
  nullable    = false
}
