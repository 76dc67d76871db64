variable "name" {
  description = "Name of the role."
  type        = string
  nullable    = false
}

variable "path" {
  description = "Path of the role."
  type        = string
  default     = "/"
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "ARN of the role's permissions boundary. Null: none."
  type        = string
  default     = null
}

variable "log_group_arn" {
  description = "ARN of the function's log group, the only one that the role may write to."
  type        = string
  nullable    = false
}

variable "grants" {
  description = "Table => DynamoDB actions on it."
  type        = map(list(string))
  nullable    = false

  validation {
    condition     = alltrue([for action in flatten(values(var.grants)) : can(regex("^dynamodb:[A-Z][A-Za-z]+$", action))])
    error_message = "grants must be exact DynamoDB actions such as dynamodb:GetItem, without wildcards. Actions of other AWS services are not allowed."
  }

  validation {
    condition     = !contains(flatten(values(var.grants)), "dynamodb:Scan")
    error_message = "grants: dynamodb:Scan reads the whole table on every call. Add an index to table.json and grant dynamodb:Query."
  }
}

variable "secrets" {
  description = "Secret => its ARN. The role may read the secret's value."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "tables" {
  description = "Table => its ARNs (two while a restored table takes the place of another) and those of its indexes, for at least the tables in the grants."
  type = map(object({
    arns       = list(string)
    index_arns = list(string)
  }))
  nullable = false

  validation {
    condition     = length(setsubtract(keys(var.grants), keys(var.tables))) == 0
    error_message = "grants: there is no table ${join(", ", setsubtract(keys(var.grants), keys(var.tables)))}. Tables: ${join(", ", sort(keys(var.tables)))}."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer managed key that encrypts the tables and secrets. Null: keys of AWS, which need no permission."
  type        = string
  default     = null
}
