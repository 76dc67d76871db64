variable "name" {
  description = "Name of the vault, the plan and the selection, and first part of the role's name."
  type        = string
  nullable    = false
}

variable "table_arns" {
  description = "ARNs of the tables to back up."
  type        = list(string)
  nullable    = false
}

variable "schedule" {
  description = "When backups start, as a cron expression in UTC."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^cron\\(.+\\)$", var.schedule))
    error_message = "schedule must be a cron expression such as cron(0 3 * * ? *)."
  }
}

variable "keep_days" {
  description = "Days after which AWS deletes a backup."
  type        = number
  nullable    = false

  validation {
    condition     = var.keep_days >= 1 && floor(var.keep_days) == var.keep_days
    error_message = "keep_days must be a whole number of at least 1."
  }
}

variable "role" {
  description = "Path of the role, and the ARN of its permissions boundary (null: none)."
  type = object({
    path                     = optional(string, "/")
    permissions_boundary_arn = optional(string)
  })
  default  = {}
  nullable = false
}

variable "force_destroy" {
  description = "Whether the vault is deleted with the backups in it. Otherwise AWS deletes it only when it is empty."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the customer managed key that encrypts the backups. Null: the key that AWS manages for AWS Backup."
  type        = string
  default     = null
}
