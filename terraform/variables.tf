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

variable "cors" {
  description = "CORS configuration: what browsers may do on other origins. Without allow_origins the API has none. max_age is in seconds: how long a browser may remember it."
  type = object({
    allow_origins     = optional(list(string), [])
    allow_methods     = optional(list(string), [])
    allow_headers     = optional(list(string), [])
    expose_headers    = optional(list(string), [])
    allow_credentials = optional(bool, false)
    max_age           = optional(number)
  })
  default  = {}
  nullable = false
}

variable "hsts_seconds" {
  description = "Seconds for which browsers use HTTPS only, for this host and those below it (RFC 6797). 0: they are not told so. Set it with a domain of your own, for at least a year."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.hsts_seconds >= 0 && floor(var.hsts_seconds) == var.hsts_seconds
    error_message = "hsts_seconds must be a whole number of seconds, such as 31536000 for a year, or 0."
  }
}

variable "throttling" {
  description = "Requests per second that the API accepts, and the size of a burst. It responds to further requests with 429."
  type = object({
    rate_limit  = optional(number, 50)
    burst_limit = optional(number, 100)
  })
  default  = {}
  nullable = false
}

variable "alarms" {
  description = <<-TEXT
    email is the address that alarms notify. The other values are thresholds. API: api_error_percent (share of 5xx responses),
    api_latency_ms (p99). Functions: duration_percent of the timeout (p99), concurrency_percent of the reservation or
    else of account_concurrency, which is Lambda's quota "Concurrent executions" of this account and region. Counts in
    five minutes: errors (5xx of a service), bugs, unavailable (503), throttles, table_throttles, table_system_errors.
  TEXT
  type = object({
    email               = optional(string)
    api_error_percent   = optional(number, 1)
    api_latency_ms      = optional(number, 3000)
    duration_percent    = optional(number, 80)
    concurrency_percent = optional(number, 80)
    account_concurrency = optional(number, 1000)
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
  description = "Whether variables of service.yaml have their `local` value instead of their `default`. For the embedded AWS only."
  type        = bool
  default     = false
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether AWS rejects deleting the tables and keeps deleted secrets for 30 days. Set it wherever the data matters."
  type        = bool
  default     = false
  nullable    = false
}
