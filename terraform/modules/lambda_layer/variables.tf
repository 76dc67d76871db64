variable "name" {
  description = "Name of the layer."
  type        = string
  nullable    = false
}

variable "zip" {
  description = "Path of the zip, whose files are below python/."
  type        = string
  nullable    = false
}

variable "architecture" {
  description = "Architecture that the zip was packaged for: arm64 or x86_64."
  type        = string
  nullable    = false
}
