# A DynamoDB table. The service's table.json contains its CreateTable request, and its expiry as in UpdateTimeToLive.

locals {
  request = jsondecode(file(var.schema_file))
  expiry  = try([local.request.TimeToLiveSpecification], [])
  indexes = { for index in try(local.request.GlobalSecondaryIndexes, []) : index.IndexName => index }
}

resource "aws_dynamodb_table" "this" {
  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = one([for key in local.request.KeySchema : key.AttributeName if key.KeyType == "HASH"])
  range_key                   = one([for key in local.request.KeySchema : key.AttributeName if key.KeyType == "RANGE"])
  deletion_protection_enabled = var.deletion_protection

  dynamic "attribute" {
    for_each = local.request.AttributeDefinitions

    content {
      name = attribute.value.AttributeName
      type = attribute.value.AttributeType
    }
  }

  dynamic "global_secondary_index" {
    for_each = local.indexes

    content {
      name               = global_secondary_index.key
      hash_key           = one([for key in global_secondary_index.value.KeySchema : key.AttributeName if key.KeyType == "HASH"])
      range_key          = one([for key in global_secondary_index.value.KeySchema : key.AttributeName if key.KeyType == "RANGE"])
      projection_type    = global_secondary_index.value.Projection.ProjectionType
      non_key_attributes = try(global_secondary_index.value.Projection.NonKeyAttributes, null)
    }
  }

  dynamic "ttl" {
    for_each = local.expiry

    content {
      attribute_name = ttl.value.AttributeName
      enabled        = ttl.value.Enabled
    }
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }
}
