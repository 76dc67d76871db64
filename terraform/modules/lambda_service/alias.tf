# The alias `live`, which API Gateway invokes. One of two resources manages it:
#
#   live      Terraform moves the alias at each apply.
#   released  CodeDeploy moves the alias. Terraform creates it and then ignores its version and its weights, so that an
#             apply neither releases a version nor undoes a rollback.
#
# An environment that exists and changes between the two needs `terraform state mv` first: docs/releases.md. Without it,
# Terraform deletes the alias, creates it again, and requests fail in between.

resource "aws_lambda_alias" "live" {
  count = var.codedeploy ? 0 : 1

  name             = "live"
  description      = "The version that the API invokes."
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version

  # The environments of a new version are ready before the API invokes it (capacity.tf).
  depends_on = [aws_lambda_provisioned_concurrency_config.fixed, aws_lambda_provisioned_concurrency_config.scaled]
}

resource "aws_lambda_alias" "released" {
  count = var.codedeploy ? 1 : 0

  name             = "live"
  description      = "The version that the API invokes."
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version

  lifecycle {
    ignore_changes = [function_version, routing_config]
  }
}

locals {
  alias = one(concat(aws_lambda_alias.live, aws_lambda_alias.released))
  # Read from the ARN, so that a new alias gets new permissions: Lambda deletes those of a deleted alias.
  alias_name = regex("[^:]+$", local.alias.arn)
}
