# A secret with a random value, which Terraform writes once and never stores.

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:Rotated by PutSecretValue when there is a reason. A function that rotates it on a schedule would also be able to read it.
  name                    = var.name
  recovery_window_in_days = var.recovery_window_days
  kms_key_id              = var.kms_key_arn
}

# Ephemeral and write-only: neither the state nor a plan contains the value.
ephemeral "aws_secretsmanager_random_password" "this" {
  password_length     = 64
  exclude_punctuation = true

  # Without this, a plan with an invalid variable would call AWS before it fails.
  depends_on = [aws_secretsmanager_secret.this]
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id        = aws_secretsmanager_secret.this.id
  secret_string_wo = jsonencode({ (var.field) = ephemeral.aws_secretsmanager_random_password.this.random_password })
  # Always 1, because a new version would replace AWSPREVIOUS, whose value still verifies tokens.
  secret_string_wo_version = 1
}
