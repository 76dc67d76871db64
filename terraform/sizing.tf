# Memory, architecture, timeout, logging, concurrency and cold starts of the functions; the other choices of an
# environment are in variables.tf.

locals {
  # What each service gets: its own choices, and default_sizing for the others.
  sizing = {
    for service in keys(local.services) : service => merge(
      var.default_sizing,
      { architecture = coalesce(var.default_sizing.architecture, var.architecture) },
      { for name, value in try(var.sizing[service], {}) : name => value if value != null },
    )
  }
}

variable "default_sizing" {
  description = "Memory in MB, timeout in seconds, and the other attributes of `sizing` for functions that do not choose their own. The architecture is by default that of the variable `architecture`."
  type = object({
    memory_size          = optional(number, 1024)
    architecture         = optional(string)
    timeout              = optional(number, 15)
    log_level            = optional(string, "INFO")
    log_sample_rate      = optional(number, 0)
    tracing              = optional(string, "otel")
    reserved_concurrency = optional(number, -1)
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
  default  = {}
  nullable = false
}

variable "sizing" {
  description = <<-TEXT
    Service => its choices. Omitted attributes have the values of default_sizing.
    memory_size in MB; architecture: arm64 or x86_64 (zips of another architecture than that of the variable
    `architecture` are in the folder of that name in dist_dir); timeout in seconds; log_level; log_sample_rate; tracing:
    otel (OpenTelemetry), powertools (Powertools' Tracer and the X-Ray SDK, until 25 February 2027) or off;
    reserved_concurrency. Against cold starts, either snap_start (Lambda restores a snapshot that it took after INIT), or
    provisioned_concurrency: executions that are initialised in advance (0: none); schedules: name => expression
    (`cron(0 7 ? * MON-FRI *)`), its timezone, and the executions from then on; tracking: between executions and `most`,
    so that the share `utilization` (0.1 to 0.9) of them is busy.
  TEXT
  type = map(object({
    memory_size          = optional(number)
    architecture         = optional(string)
    timeout              = optional(number)
    log_level            = optional(string)
    log_sample_rate      = optional(number)
    tracing              = optional(string)
    reserved_concurrency = optional(number)
    snap_start           = optional(bool)
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
    }))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(setsubtract(keys(var.sizing), keys(local.services))) == 0
    error_message = "sizing: there is no service ${join(", ", setsubtract(keys(var.sizing), keys(local.services)))}. Services: ${join(", ", sort(keys(local.services)))}."
  }
}
