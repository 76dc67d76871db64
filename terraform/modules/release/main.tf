# Gradual releases by CodeDeploy: a deployment group per service, which shifts the traffic of its alias and rolls back if
# the hook fails or an alarm of the service goes off. The command that starts a deployment is tools/release.

resource "aws_codedeploy_app" "this" {
  name             = var.name
  compute_platform = "Lambda"
}

resource "aws_codedeploy_deployment_group" "this" {
  for_each = var.services

  app_name               = aws_codedeploy_app.this.name
  deployment_group_name  = each.key
  deployment_config_name = var.deployment_config
  service_role_arn       = aws_iam_role.codedeploy.arn

  deployment_style {
    deployment_option = "WITH_TRAFFIC_CONTROL"
    deployment_type   = "BLUE_GREEN"
  }

  alarm_configuration {
    enabled = true
    alarms  = each.value.alarms
  }

  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
  }

  # A deployment fails without its role's permissions.
  depends_on = [aws_iam_role_policy.codedeploy]
}

resource "aws_iam_role" "codedeploy" {
  name                 = "${var.name}-codedeploy-${data.aws_region.current.id}"
  path                 = var.role.path
  permissions_boundary = var.role.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "codedeploy.amazonaws.com" }
    }]
  })
}

# What AWS's AWSCodeDeployRoleForLambdaLimited allows for every function of the account:
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForLambdaLimited.html
resource "aws_iam_role_policy" "codedeploy" {
  #checkov:skip=CKV_AWS_355:A call of DescribeAlarms names several alarms, so AWS's own policy allows it on all.
  name = "deployments"
  role = aws_iam_role.codedeploy.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ShiftTraffic"
        Effect   = "Allow"
        Action   = ["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"]
        Resource = flatten([for service in var.services : [service.function_arn, service.alias_arn]])
      },
      {
        Sid      = "InvokeHook"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [aws_lambda_function.hook.arn]
      },
      {
        Sid    = "ReadAlarms"
        Effect = "Allow"
        Action = ["cloudwatch:DescribeAlarms"]
        # As in AWS's policy: the call may name several alarms.
        Resource = ["*"]
      },
    ]
  })
}

data "aws_region" "current" {}
