variable "files" {
  description = "Service => text of its service.yaml."
  type        = map(string)
  nullable    = false
}

variable "settings" {
  description = "Service => variable => value: what this environment chooses in place of the defaults in service.yaml."
  type        = map(map(string))
  default     = {}
  nullable    = false
}

variable "defaults" {
  description = "Which value a variable has that the settings leave out: `default`, or `local` on the embedded AWS."
  type        = string
  default     = "default"
  nullable    = false

  validation {
    condition     = contains(["default", "local"], var.defaults)
    error_message = "defaults: default or local."
  }
}
