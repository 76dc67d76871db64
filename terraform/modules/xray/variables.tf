variable "functions" {
  description = "Service => name of its function."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for name in values(var.functions) : length(name) <= 32])
    error_message = "functions: ${join(", ", [for name in values(var.functions) : name if length(name) > 32])} is longer than 32 characters, which is X-Ray's limit for a group's name. Shorten name, environment or the service."
  }
}
