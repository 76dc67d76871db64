# A table from its table.json: the services' own, and one with indexes.

mock_provider "aws" {
  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-books" }
  }
}

variables {
  name                = "shop-dev-books"
  deletion_protection = true
}

run "a_table_has_the_keys_of_its_file" {
  command = plan
  module { source = "./modules/dynamodb_table" }
  variables {
    schema_file = "../services/books/table.json"
  }

  assert {
    condition     = aws_dynamodb_table.this.hash_key == "pk" && aws_dynamodb_table.this.range_key == "sk"
    error_message = "Other keys."
  }
  assert {
    condition     = toset([for attribute in aws_dynamodb_table.this.attribute : "${attribute.name} ${attribute.type}"]) == toset([for attribute in jsondecode(file(var.schema_file)).AttributeDefinitions : "${attribute.AttributeName} ${attribute.AttributeType}"])
    error_message = "Other attributes."
  }
  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST" && aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "Not on demand, or not protected although asked."
  }
  assert {
    condition     = aws_dynamodb_table.this.point_in_time_recovery[0].enabled && aws_dynamodb_table.this.server_side_encryption[0].enabled
    error_message = "Without recovery or encryption."
  }
  assert {
    condition     = toset([for index in aws_dynamodb_table.this.global_secondary_index : index.name]) == toset([for index in jsondecode(file(var.schema_file)).GlobalSecondaryIndexes : index.IndexName])
    error_message = "Other indexes."
  }
  assert {
    condition     = length(aws_dynamodb_table.this.ttl) == (can(jsondecode(file(var.schema_file)).TimeToLiveSpecification) ? 1 : 0)
    error_message = "An expiry that the file does not name, or none."
  }
}

run "a_table_has_the_indexes_and_the_expiry_of_its_file" {
  command = apply
  module { source = "./modules/dynamodb_table" }
  variables {
    schema_file = "./tests/fixtures/indexed_table.json"
  }

  assert {
    condition     = aws_dynamodb_table.this.hash_key == "pk" && aws_dynamodb_table.this.range_key == null
    error_message = "Other keys."
  }
  assert {
    condition = toset([
      for index in aws_dynamodb_table.this.global_secondary_index :
      join(" ", concat(
        [index.name, index.hash_key, index.range_key == null ? "-" : index.range_key, index.projection_type],
        index.non_key_attributes == null ? tolist([]) : tolist(index.non_key_attributes),
      ))
    ]) == toset(["by_isbn isbn year INCLUDE title", "by_year year - KEYS_ONLY"])
    error_message = "Other indexes."
  }
  assert {
    condition     = one(aws_dynamodb_table.this.ttl).attribute_name == "expires_at" && one(aws_dynamodb_table.this.ttl).enabled
    error_message = "Another expiry."
  }
  assert {
    condition = output.index_arns == [
      "arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-books/index/by_isbn",
      "arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-books/index/by_year",
    ]
    error_message = "Other ARNs."
  }
}

run "a_file_without_a_key_schema_is_refused" {
  command = plan
  module { source = "./modules/dynamodb_table" }
  variables {
    schema_file = "./tests/fixtures/users.zip"
  }
  expect_failures = [var.schema_file]
}
