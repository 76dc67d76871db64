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

variable "published" {
  description = "In place of the path, where the zip is published: bucket, key, version and SHA-256 in base64."
  type        = object({ bucket = string, key = string, version = string, hash = string })
  default     = null
}

variable "architecture" {
  description = "Architecture of the functions that use the layer: arm64 or x86_64."
  type        = string
  nullable    = false
}

variable "packaged_for" {
  description = "Architecture that the zip was packaged for, or null if it is not known."
  type        = string
  default     = null
}
