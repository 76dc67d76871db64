variable "name" {
  description = "The domain, such as api.example.com."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", var.name)) && length(var.name) <= 253
    error_message = "name must be a domain in lower case, such as api.example.com, without https:// or a path."
  }
}

variable "zone_id" {
  description = "Id of the Route 53 zone that gets the records. Null: the module creates none, and certificate_arn is required."
  type        = string
  default     = null

  validation {
    condition     = var.zone_id != null || var.certificate_arn != null
    error_message = "zone_id is required unless certificate_arn names an existing certificate: a new one is validated by DNS in the zone."
  }
}

variable "certificate_arn" {
  description = "ARN of an ACM certificate for the domain in the API's region. Null: the module requests one."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null ? true : can(regex("^arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+$", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of a certificate of ACM."
  }
}

variable "api_id" {
  description = "Id of the HTTP API."
  type        = string
  nullable    = false
}

variable "stage" {
  description = "Name of the API's stage."
  type        = string
  nullable    = false
}
