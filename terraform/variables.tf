variable "name" {
  description = "First part of every resource's name. Null means the name in product.json."
  type        = string
  default     = null

  validation {
    condition     = var.name == null || can(regex("^[a-z][a-z0-9]{1,11}$", var.name))
    error_message = "name must be 2 to 12 lower-case letters or digits, a letter first. It is the first part of every resource's name."
  }
}

variable "environment" {
  description = "Name of the environment (dev, staging, prod ...): second part of every resource's name."
  type        = string
  default     = "dev"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,7}$", var.environment))
    error_message = "environment must be 2 to 8 lower-case letters or digits, a letter first. It is the second part of every resource's name."
  }
}

variable "dist_dir" {
  description = "Folder that `make package` writes <service>.zip, common-layer.zip and manifest.json to. It is relative to this folder, so that a plan is the same in every clone."
  type        = string
  default     = "../dist"
  nullable    = false

  validation {
    condition     = var.dist_dir != "" && !endswith(var.dist_dir, "/")
    error_message = "dist_dir must be the path of a folder, without a trailing slash."
  }
}

variable "architecture" {
  description = "Architecture that the zips were packaged for."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64: the one that the zips were packaged for (LAMBDA_ARCH)."
  }
}

variable "alarms" {
  description = <<-TEXT
    email is the address that alarms notify. The other values are thresholds. API: api_error_percent (share of 5xx responses),
    api_latency_ms (p99). Functions: duration_percent of the timeout (p99), concurrency_percent of the reservation or
    else of what the account has left. Counts in five minutes: errors (5xx of a service), bugs, unavailable (503),
    throttles, table_throttles, table_system_errors.
  TEXT
  type = object({
    email               = optional(string)
    api_error_percent   = optional(number, 1)
    api_latency_ms      = optional(number, 3000)
    duration_percent    = optional(number, 80)
    concurrency_percent = optional(number, 80)
    errors              = optional(number, 1)
    bugs                = optional(number, 1)
    unavailable         = optional(number, 1)
    throttles           = optional(number, 1)
    table_throttles     = optional(number, 1)
    table_system_errors = optional(number, 1)
  })
  default  = {}
  nullable = false
}

variable "log_retention_days" {
  description = "Days for which CloudWatch stores the logs."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is not supported by CloudWatch. Use 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days. Logs that never expire are not allowed."
  }
}

variable "settings" {
  description = "Service => variable => value, for variables that the service declares in its service.yaml. Omitted variables have the default that is declared there."
  type        = map(map(string))
  default     = {}
  nullable    = false
}

variable "local_values" {
  description = "Whether variables of service.yaml have their `local` value instead of their `default`: for the embedded AWS, and for environments without anybody's data."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !(var.local_values && var.deletion_protection)
    error_message = "local_values opens what is closed by default, such as reading without a token, so it is not allowed where deletion_protection says that the data matters."
  }
}

variable "deletion_protection" {
  description = "Whether AWS rejects deleting the tables and keeps deleted secrets for 30 days. False only where the data does not matter."
  type        = bool
  default     = true
  nullable    = false
}
