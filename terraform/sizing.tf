# Memory, timeout, logging and concurrency of the functions; the other choices of an environment are in variables.tf.

variable "default_sizing" {
  description = "Memory in MB, timeout in seconds, and the other attributes of `sizing` for functions that do not choose their own."
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
}

variable "sizing" {
  description = "Service => memory_size in MB, timeout in seconds, log_level, log_sample_rate, tracing, reserved_concurrency. Omitted attributes have the values of default_sizing."
  type = map(object({
    memory_size          = optional(number)
    timeout              = optional(number)
    log_level            = optional(string)
    log_sample_rate      = optional(number)
    tracing              = optional(bool)
    reserved_concurrency = optional(number)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(setsubtract(keys(var.sizing), keys(local.services))) == 0
    error_message = "sizing: there is no service ${join(", ", setsubtract(keys(var.sizing), keys(local.services)))}. Services: ${join(", ", sort(keys(local.services)))}."
  }
}
