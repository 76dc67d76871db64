variable "files" {
  description = "Service => text of its service.yaml, or null if its folder has a handler.py but no service.yaml."
  type        = map(string)
  nullable    = false
}

variable "settings" {
  description = "Service => variable => value, which replaces the default in service.yaml."
  type        = map(map(string))
  default     = {}
  nullable    = false
}

variable "defaults" {
  description = "The value of variables that are not in the settings: `default`, or `local` for the embedded AWS."
  type        = string
  default     = "default"
  nullable    = false

  validation {
    condition     = contains(["default", "local"], var.defaults)
    error_message = "defaults must be default or local."
  }
}
