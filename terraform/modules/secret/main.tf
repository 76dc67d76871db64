# A secret with a random value that Terraform makes, writes once, and never sees again.

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV_AWS_149:Encrypted with the key that AWS manages for Secrets Manager; a customer's own key is that customer's choice.
  #checkov:skip=CKV2_AWS_57:Rotated with PutSecretValue when there is a reason to; a function that does it on a schedule would be code that may read the secret.
  name                    = var.name
  recovery_window_in_days = var.recovery_window_days
}

# Ephemeral and write-only: neither state nor plan holds the value.
ephemeral "aws_secretsmanager_random_password" "this" {
  password_length     = 64
  exclude_punctuation = true

  # Else a plan that a wrong variable fails would ask AWS first.
  depends_on = [aws_secretsmanager_secret.this]
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id        = aws_secretsmanager_secret.this.id
  secret_string_wo = jsonencode({ (var.field) = ephemeral.aws_secretsmanager_random_password.this.random_password })
  # Stays 1: raising it would replace this version and take AWSPREVIOUS away from it, which still verifies tokens.
  secret_string_wo_version = 1
}
