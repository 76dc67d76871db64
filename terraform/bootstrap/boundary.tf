# The most that any role of an environment's deployments can do, whatever its own policies say. Deployments can neither
# create a role without this boundary nor change it. Each environment has its own, so that a role that the deployments of
# dev create cannot read the data of prod: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html

locals {
  here = "${local.region}:${local.account}"
  # GitHub environment => the part of names by which `make plan` finds the boundary, which does not know a pattern's owner:
  # pull12 with the variables of another environment has the boundary pull_ (tools/environments/environment.py).
  boundary_names = {
    for name, one in var.environments : name =>
    "${local.name}-boundary-${replace(coalesce(one.match, name), "*", "_")}-${local.region}"
  }
  # Known before they exist, because the roles' policies name them.
  boundary_arns = {
    for name, boundary in local.boundary_names : name => "arn:${local.partition}:iam::${local.account}:policy${var.role_path}${boundary}"
  }
  prefixes = { for name, one in var.environments : name => "${local.name}-${coalesce(one.match, name)}" }

  boundaries = {
    for name, prefix in local.prefixes : name => [
      {
        Sid      = "WriteOwnLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:${local.partition}:logs:${local.here}:log-group:/aws/lambda/${prefix}-*"]
      },
      {
        Sid      = "SendTraces"
        Effect   = "Allow"
        Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        Resource = ["*"]
      },
      {
        Sid    = "UseItems"
        Effect = "Allow"
        Action = [
          "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem",
          "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
        ]
        Resource = ["arn:${local.partition}:dynamodb:${local.here}:table/${prefix}-*"]
      },
      {
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = ["arn:${local.partition}:secretsmanager:${local.here}:secret:${prefix}-*"]
      },
      {
        Sid      = "ShiftTraffic"
        Effect   = "Allow"
        Action   = ["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:InvokeFunction", "lambda:UpdateAlias"]
        Resource = ["arn:${local.partition}:lambda:${local.here}:function:${prefix}-*"]
      },
      {
        # They support no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html
        Sid    = "TakePartInReleases"
        Effect = "Allow"
        Action = [
          "codedeploy:BatchGetDeploymentTargets", "codedeploy:ListDeploymentTargets",
          "codedeploy:PutLifecycleEventHookExecutionStatus",
        ]
        Resource = ["*"]
      },
      {
        Sid      = "ReadAlarms"
        Effect   = "Allow"
        Action   = ["cloudwatch:DescribeAlarms"]
        Resource = ["*"]
      },
      # What AWS's policies for backups and restores need for DynamoDB:
      # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForBackup.html
      {
        Sid    = "MakeBackups"
        Effect = "Allow"
        Action = [
          "dynamodb:CreateBackup", "dynamodb:DeleteBackup", "dynamodb:DescribeBackup", "dynamodb:DescribeTable",
          "dynamodb:ListTagsOfResource", "dynamodb:RestoreTableFromAwsBackup", "dynamodb:RestoreTableFromBackup",
          "dynamodb:Scan", "dynamodb:StartAwsBackupJob",
        ]
        Resource = ["arn:${local.partition}:dynamodb:${local.here}:table/${prefix}-*"]
      },
      {
        Sid      = "KeepBackups"
        Effect   = "Allow"
        Action   = ["backup:CopyIntoBackupVault", "backup:DescribeBackupVault"]
        Resource = ["arn:${local.partition}:backup:${local.here}:backup-vault:${prefix}"]
      },
      # DynamoDB, Lambda and Secrets Manager decrypt with the permissions of a function's role, and DynamoDB with those of
      # AWS Backup's.
      {
        Sid    = "UseKeys"
        Effect = "Allow"
        Action = [
          "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
          "kms:ReEncryptFrom", "kms:ReEncryptTo",
        ]
        Resource = var.environments[name].kms_key_arns
        Condition = {
          StringEquals = { "kms:ViaService" = [for service in ["dynamodb", "lambda", "secretsmanager"] : "${service}.${local.region}.amazonaws.com"] }
        }
      },
      {
        Sid      = "DescribeKeys"
        Effect   = "Allow"
        Action   = ["kms:DescribeKey"]
        Resource = var.environments[name].kms_key_arns
      },
      # AWS Backup lets DynamoDB use the key of an encrypted table.
      {
        Sid       = "GrantKeysToServices"
        Effect    = "Allow"
        Action    = ["kms:CreateGrant"]
        Resource  = var.environments[name].kms_key_arns
        Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } }
      },
    ]
  }
}

resource "aws_iam_policy" "boundary" {
  #checkov:skip=CKV_AWS_290:A boundary grants nothing. It limits what a role's own policies, which name single tables, may grant.
  #checkov:skip=CKV_AWS_355:X-Ray's actions have no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
  for_each = local.boundary_names

  name        = each.value
  path        = var.role_path
  description = "The most that roles of ${local.prefixes[each.key]}'s deployments can do."
  # A statement on keys needs one.
  policy = jsonencode({ Version = "2012-10-17", Statement = [for one in local.boundaries[each.key] : one if length(one.Resource) > 0] })
}
