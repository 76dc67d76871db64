output "name" {
  description = "Name of the table."
  value       = aws_dynamodb_table.this.name
}

output "arn" {
  description = "ARN of the table."
  value       = aws_dynamodb_table.this.arn
}

output "index_arns" {
  description = "ARN of each global secondary index."
  value       = [for index in keys(local.indexes) : "${aws_dynamodb_table.this.arn}/index/${index}"]
}

output "index_names" {
  description = "Name of each global secondary index."
  value       = keys(local.indexes)
}
