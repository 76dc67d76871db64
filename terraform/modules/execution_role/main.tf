# The role of one function: the granted actions on exact ARNs, its own logs, and traces.

locals {
  platform_statements = [
    {
      Sid      = "WriteOwnLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["${var.log_group_arn}:*"]
    },
    {
      Sid    = "SendTraces"
      Effect = "Allow"
      Action = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      # Neither action supports resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
      Resource = ["*"]
    },
  ]

  # If the table has indexes, Query is granted on them only, because the table itself is read by primary key.
  table_actions = {
    for table, actions in var.grants : table => [
      for action in sort(actions) : action if action != "dynamodb:Query" || length(var.tables[table].index_arns) == 0
    ]
  }

  table_statements = [
    for table, actions in local.table_actions : {
      Sid      = "Table${replace(title(table), "/[^A-Za-z0-9]/", "")}"
      Effect   = "Allow"
      Action   = actions
      Resource = var.tables[table].arns
    } if length(actions) > 0
  ]

  index_statements = [
    for table, actions in var.grants : {
      Sid      = "Indexes${replace(title(table), "/[^A-Za-z0-9]/", "")}"
      Effect   = "Allow"
      Action   = ["dynamodb:Query"]
      Resource = var.tables[table].index_arns
    } if contains(actions, "dynamodb:Query") && length(var.tables[table].index_arns) > 0
  ]

  secret_statements = [
    for secret, arn in var.secrets : {
      Sid      = "Secret${replace(title(secret), "/[^A-Za-z0-9]/", "")}"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = [arn]
    }
  ]
}

# DynamoDB and Secrets Manager decrypt with the caller's permissions. For the function's environment, Lambda adds a grant to
# the key, which does not apply to a role that was deleted and created again under its name.
# https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
data "aws_region" "current" {}

locals {
  key_statements = [
    for key in var.kms_key_arn == null ? [] : [var.kms_key_arn] : {
      Sid       = "DecryptData"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [key]
      Condition = { StringEquals = { "kms:ViaService" = [for service in ["dynamodb", "lambda", "secretsmanager"] : "${service}.${data.aws_region.current.id}.amazonaws.com"] } }
    }
  ]
}

resource "aws_iam_role" "this" {
  name                 = var.name
  path                 = var.path
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "service"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local.platform_statements, local.table_statements, local.index_statements, local.secret_statements, local.key_statements)
  })
}
