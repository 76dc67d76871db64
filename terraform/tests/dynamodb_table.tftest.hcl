# Tables from the files that describe them: one with keys only, one with indexes and expiry.

mock_provider "aws" {
  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-orders" }
  }
}

variables {
  name                = "shop-dev-orders"
  deletion_protection = true
}

run "table_without_indexes_or_expiry" {
  command = plan
  module { source = "./modules/dynamodb_table" }
  variables {
    schema_file = "./tests/fixtures/plain_table.json"
  }

  assert {
    condition     = aws_dynamodb_table.this.hash_key == "pk" && aws_dynamodb_table.this.range_key == "sk"
    error_message = "The keys are wrong."
  }
  assert {
    condition     = toset([for attribute in aws_dynamodb_table.this.attribute : "${attribute.name} ${attribute.type}"]) == toset(["pk S", "sk S"])
    error_message = "The attributes are wrong."
  }
  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST" && aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "The table is not on demand, or not protected against deletion."
  }
  assert {
    condition     = aws_dynamodb_table.this.point_in_time_recovery[0].enabled && aws_dynamodb_table.this.server_side_encryption[0].enabled
    error_message = "Point-in-time recovery or encryption is missing."
  }
  assert {
    condition     = length(aws_dynamodb_table.this.global_secondary_index) == 0 && length(aws_dynamodb_table.this.ttl) == 0
    error_message = "The table has an index or an expiry that the file does not name."
  }
}

run "table_has_keys_indexes_and_expiry_of_its_file" {
  command = apply
  module { source = "./modules/dynamodb_table" }
  variables {
    schema_file = "./tests/fixtures/indexed_table.json"
  }

  assert {
    condition     = aws_dynamodb_table.this.hash_key == "pk" && aws_dynamodb_table.this.range_key == null
    error_message = "The keys are wrong."
  }
  assert {
    condition = toset([
      for index in aws_dynamodb_table.this.global_secondary_index :
      join(" ", concat(
        [index.name, index.hash_key, index.range_key == null ? "-" : index.range_key, index.projection_type],
        index.non_key_attributes == null ? tolist([]) : tolist(index.non_key_attributes),
      ))
    ]) == toset(["by_customer customer year INCLUDE total", "by_year year - KEYS_ONLY"])
    error_message = "The indexes are wrong."
  }
  assert {
    condition     = one(aws_dynamodb_table.this.ttl).attribute_name == "expires_at" && one(aws_dynamodb_table.this.ttl).enabled
    error_message = "The expiry is wrong."
  }
  assert {
    condition = output.index_arns == [
      "arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-orders/index/by_customer",
      "arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-orders/index/by_year",
    ]
    error_message = "The ARNs are wrong."
  }
}

run "file_without_key_schema_is_rejected" {
  command = plan
  module { source = "./modules/dynamodb_table" }
  variables {
    schema_file = "./tests/fixtures/orders.zip"
  }
  expect_failures = [var.schema_file]
}
