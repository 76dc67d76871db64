variable "functions" {
  description = "Service => name of its function."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for name in values(var.functions) : length(name) <= 32])
    error_message = "functions: X-Ray takes group names of at most 32 characters, and the group is named like the function; shorten name, environment or the service."
  }
}
