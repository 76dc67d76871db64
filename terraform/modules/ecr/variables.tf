variable "name" {
  description = "Name of the repository, such as <product>/<service>."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]+([._/-][a-z0-9]+)*$", var.name)) && length(var.name) >= 2 && length(var.name) <= 256
    error_message = "name must be 2 to 256 lower-case letters, digits and single separators (. _ - /), a letter or digit first and last."
  }
}

variable "kept_images" {
  description = "How many images the repository keeps. It must be more than are pushed between the oldest version that a function may go back to and now."
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.kept_images >= 2 && floor(var.kept_images) == var.kept_images
    error_message = "kept_images must be a whole number of at least 2: the image that is deployed, and the one before."
  }
}

variable "reader_accounts" {
  description = "Ids of other accounts whose functions are created from these images, in the same region."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for account in var.reader_accounts : can(regex("^[0-9]{12}$", account))])
    error_message = "reader_accounts must be ids of accounts, each with 12 digits."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the images. Null: a key of ECR. It cannot be changed without replacing the repository."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete a repository that has images."
  type        = bool
  default     = true
  nullable    = false
}
