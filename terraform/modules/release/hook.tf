# The function that CodeDeploy invokes before the new version of a service gets traffic: libs/release_hook.

resource "aws_cloudwatch_log_group" "hook" {
  #checkov:skip=CKV_AWS_338:The environment chooses the retention. These are debug lines, not an audit log.
  name              = "/aws/lambda/${var.name}-release-hook"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_lambda_function" "hook" {
  #checkov:skip=CKV_AWS_50:The invoked version is traced. The hook itself only sends requests to it.
  #checkov:skip=CKV_AWS_115:A reservation reduces the concurrency of all other functions of the account. The hook runs once per deployment.
  #checkov:skip=CKV_AWS_116:CodeDeploy waits for the hook's result, so that no event is lost.
  #checkov:skip=CKV_AWS_117:Everything that the function calls has a public endpoint with TLS. A VPC would contain nothing to protect, and needs endpoints or a NAT gateway.
  #checkov:skip=CKV_AWS_272:The pipeline that signs would be the one that deploys, so a signature proves no more than the hash of each zip in the plan.
  function_name     = "${var.name}-release-hook"
  role              = aws_iam_role.hook.arn
  filename          = var.hook.published == null ? var.hook.zip : null
  source_code_hash  = try(var.hook.published.hash, filebase64sha256(var.hook.zip), null) # `terraform destroy` works without zips
  s3_bucket         = try(var.hook.published.bucket, null)
  s3_key            = try(var.hook.published.key, null)
  s3_object_version = try(var.hook.published.version, null)
  handler           = "release_hook.handler.handler"
  runtime           = "python3.13"
  architectures     = [var.hook.architecture]
  memory_size       = 256
  timeout           = 120 # a cold start of the new version, and some requests
  kms_key_arn       = var.kms_key_arn

  environment {
    variables = { PATHS = jsonencode({ for service in var.services : service.function_name => service.path }) }
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "INFO"
    log_group             = aws_cloudwatch_log_group.hook.name
  }

  lifecycle {
    precondition {
      condition     = var.hook.published != null || fileexists(var.hook.zip)
      error_message = "There is no ${var.hook.zip}: run `make package` first."
    }
  }

  # An invocation fails without its role's permissions.
  depends_on = [aws_iam_role_policy.hook]
}

resource "aws_iam_role" "hook" {
  name                 = "${var.name}-release-hook-${data.aws_region.current.id}"
  path                 = var.role.path
  permissions_boundary = var.role.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "hook" {
  #checkov:skip=CKV_AWS_290:CodeDeploy's actions on targets and hooks support no resources.
  #checkov:skip=CKV_AWS_355:As above: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html
  name = "hook"
  role = aws_iam_role.hook.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "WriteOwnLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.hook.arn}:*"]
      },
      {
        Sid      = "InvokeVersions"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [for service in var.services : "${service.function_arn}:*"]
      },
      {
        Sid      = "ReportResult"
        Effect   = "Allow"
        Action   = ["codedeploy:BatchGetDeploymentTargets", "codedeploy:ListDeploymentTargets", "codedeploy:PutLifecycleEventHookExecutionStatus"]
        Resource = ["*"]
      },
      ], [
      # Lambda's grant for the environment does not apply to a role that was deleted and created again under its name.
      for key in var.kms_key_arn == null ? [] : [var.kms_key_arn] : {
        Sid       = "DecryptData"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = [key]
        Condition = { StringEquals = { "kms:ViaService" = ["lambda.${data.aws_region.current.id}.amazonaws.com"] } }
      }
    ])
  })
}
