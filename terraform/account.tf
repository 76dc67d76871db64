# What an account demands of every resource: keys, boundaries, paths and tags.

data "aws_region" "current" {}

locals {
  # Roles and dashboards belong to the account, so their names include the region.
  region = data.aws_region.current.id
}

variable "kms_key_arn" {
  description = "ARN of a customer managed key of this region that encrypts tables, secrets, logs, the topic of the alarms and the functions' environment. docs/encryption.md has its policy. Null: keys of AWS."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, such as arn:aws:kms:eu-central-1:123456789012:key/..., not of an alias, because policies name the key."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the policy that limits every role of this stack. Null: none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn must be the ARN of an IAM policy, such as arn:aws:iam::123456789012:policy/boundary."
  }
}

variable "role_path" {
  description = "Path of every role of this stack, by which policies can name them."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9_+=,.@-]+/)*$", var.role_path))
    error_message = "role_path must be / or begin and end with a slash, such as /services/."
  }
}

variable "tags" {
  description = "Tags of every resource, in addition to Project, Environment and ManagedBy, which cannot be replaced."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setintersection(keys(var.tags), ["Project", "Environment", "ManagedBy"])) == 0
    error_message = "tags: Project, Environment and ManagedBy are set by the stack. Choose other keys."
  }
}
