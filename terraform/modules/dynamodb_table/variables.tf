variable "name" {
  description = "Name of the table."
  type        = string
  nullable    = false
}

variable "schema_file" {
  description = "Path of a JSON file with KeySchema, AttributeDefinitions and GlobalSecondaryIndexes as in CreateTable, and TimeToLiveSpecification as in UpdateTimeToLive."
  type        = string
  nullable    = false

  validation {
    condition     = can(jsondecode(file(var.schema_file)).KeySchema) && can(jsondecode(file(var.schema_file)).AttributeDefinitions)
    error_message = "schema_file: ${var.schema_file} must be a JSON file with KeySchema and AttributeDefinitions as in DynamoDB's CreateTable."
  }
}

variable "deletion_protection" {
  description = "Whether AWS rejects deleting the table."
  type        = bool
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the customer managed key that encrypts the table. Null: the key that AWS manages for DynamoDB."
  type        = string
  default     = null
}
