variable "name" {
  description = "Name of the secret."
  type        = string
  nullable    = false
}

variable "field" {
  description = "Key of the random value in the secret's JSON object."
  type        = string
  nullable    = false
}

variable "recovery_window_days" {
  description = "Days for which a deleted secret can be restored and its name cannot be reused: 7 to 30, or 0 to delete at once."
  type        = number
  nullable    = false

  validation {
    condition     = var.recovery_window_days == 0 || (var.recovery_window_days >= 7 && var.recovery_window_days <= 30 && floor(var.recovery_window_days) == var.recovery_window_days)
    error_message = "recovery_window_days must be 0, or a whole number of days from 7 to 30."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer managed key that encrypts the value. Null: the key that AWS manages for Secrets Manager."
  type        = string
  default     = null
}
