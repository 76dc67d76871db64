# CodeDeploy: deployment groups, roles and the hook.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
  mock_resource "aws_codedeploy_app" {
    defaults = { arn = "arn:aws:codedeploy:eu-central-1:123456789012:application:shop-prod" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/shop-prod-codedeploy" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/shop-prod-release-hook" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-release-hook" }
  }
}

variables {
  name               = "shop-prod"
  deployment_config  = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
  hook               = { zip = "./tests/fixtures/orders.zip", architecture = "arm64" }
  log_retention_days = 30
  services = {
    orders = {
      function_name = "shop-prod-orders"
      function_arn  = "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-orders"
      alias_arn     = "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-orders:live"
      path          = "/api/v1/orders"
      alarms        = ["shop-prod-orders-5xx", "shop-prod-orders-faults-bug"]
    }
    carts = {
      function_name = "shop-prod-carts"
      function_arn  = "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-carts"
      alias_arn     = "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-carts:live"
      path          = "/api/v1/carts"
      alarms        = ["shop-prod-carts-5xx"]
    }
  }
}

run "each_service_has_a_group_that_rolls_back_on_its_own_alarms" {
  command = apply
  module { source = "./modules/release" }

  assert {
    condition     = aws_codedeploy_app.this.compute_platform == "Lambda" && toset(keys(aws_codedeploy_deployment_group.this)) == toset(["orders", "carts"])
    error_message = "The application or its groups are wrong."
  }
  assert {
    condition = (
      aws_codedeploy_deployment_group.this["orders"].alarm_configuration[0].enabled &&
      aws_codedeploy_deployment_group.this["orders"].alarm_configuration[0].alarms == toset(["shop-prod-orders-5xx", "shop-prod-orders-faults-bug"]) &&
      aws_codedeploy_deployment_group.this["carts"].alarm_configuration[0].alarms == toset(["shop-prod-carts-5xx"])
    )
    error_message = "A group does not watch exactly the alarms of its service."
  }
  assert {
    condition = alltrue([
      for group in aws_codedeploy_deployment_group.this :
      group.auto_rollback_configuration[0].enabled &&
      group.auto_rollback_configuration[0].events == toset(["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]) &&
      group.deployment_config_name == "CodeDeployDefault.LambdaCanary10Percent5Minutes" &&
      group.deployment_style[0].deployment_option == "WITH_TRAFFIC_CONTROL" && group.deployment_style[0].deployment_type == "BLUE_GREEN"
    ])
    error_message = "A group does not roll back on each kind of failure, or shifts traffic in another way."
  }
}

run "codedeploy_may_shift_these_aliases_and_invoke_the_hook_only" {
  command = apply
  module { source = "./modules/release" }

  assert {
    condition = jsondecode(aws_iam_role_policy.codedeploy.policy).Statement == [
      {
        Sid    = "ShiftTraffic"
        Effect = "Allow"
        Action = ["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"]
        Resource = [
          "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-carts",
          "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-carts:live",
          "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-orders",
          "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-orders:live",
        ]
      },
      { Sid = "InvokeHook", Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = ["arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-release-hook"] },
      { Sid = "ReadAlarms", Effect = "Allow", Action = ["cloudwatch:DescribeAlarms"], Resource = ["*"] },
    ]
    error_message = "CodeDeploy's role allows something else."
  }
  assert {
    condition     = jsondecode(aws_iam_role.codedeploy.assume_role_policy).Statement[0].Principal == { Service = "codedeploy.amazonaws.com" }
    error_message = "Another service than CodeDeploy may assume the role."
  }
  assert {
    condition     = aws_iam_role.codedeploy.name == "shop-prod-codedeploy-eu-central-1" && aws_iam_role.hook.name == "shop-prod-release-hook-eu-central-1"
    error_message = "The roles' names have no region, so that a second region would collide."
  }
}

run "hook_may_invoke_versions_of_these_functions_and_report_only" {
  command = apply
  module { source = "./modules/release" }

  assert {
    condition = jsondecode(aws_iam_role_policy.hook.policy).Statement == [
      { Sid = "WriteOwnLogs", Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/shop-prod-release-hook:*"] },
      {
        Sid    = "InvokeVersions"
        Effect = "Allow"
        Action = ["lambda:InvokeFunction"]
        Resource = [
          "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-carts:*",
          "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-orders:*",
        ]
      },
      {
        Sid    = "ReportResult"
        Effect = "Allow"
        Action = ["codedeploy:BatchGetDeploymentTargets", "codedeploy:ListDeploymentTargets", "codedeploy:PutLifecycleEventHookExecutionStatus"]
        # On a deployment group, AWS denies the first two.
        Resource = ["*"]
      },
    ]
    error_message = "The hook's role allows something else."
  }
  assert {
    condition     = jsondecode(aws_lambda_function.hook.environment[0].variables["PATHS"]) == { shop-prod-orders = "/api/v1/orders", shop-prod-carts = "/api/v1/carts" }
    error_message = "The hook does not know the path of each function."
  }
  assert {
    condition     = aws_lambda_function.hook.handler == "release_hook.handler.handler" && aws_lambda_function.hook.layers == null && aws_lambda_function.hook.source_code_hash == filebase64sha256("./tests/fixtures/orders.zip")
    error_message = "The hook's handler or zip is wrong, or it has a layer."
  }
}

run "path_boundary_key_and_published_zip_reach_the_resources" {
  command = apply
  module { source = "./modules/release" }
  variables {
    role        = { path = "/shop/", permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary" }
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/abc"
    hook = {
      zip          = "./tests/fixtures/missing.zip"
      architecture = "x86_64"
      published    = { bucket = "zips", key = "hook.zip", version = "v1", hash = "aGFzaA==" }
    }
  }

  assert {
    condition = alltrue([
      for role in [aws_iam_role.codedeploy, aws_iam_role.hook] :
      role.path == "/shop/" && role.permissions_boundary == "arn:aws:iam::123456789012:policy/boundary"
    ])
    error_message = "A role does not have the path or the boundary."
  }
  assert {
    condition     = aws_cloudwatch_log_group.hook.kms_key_id == "arn:aws:kms:eu-central-1:123456789012:key/abc" && aws_lambda_function.hook.kms_key_arn == "arn:aws:kms:eu-central-1:123456789012:key/abc"
    error_message = "The log or the environment of the hook is not encrypted with the key."
  }
  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.hook.policy).Statement : statement if statement.Sid == "DecryptData"] == [{
      Sid       = "DecryptData"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = ["arn:aws:kms:eu-central-1:123456789012:key/abc"]
      Condition = { StringEquals = { "kms:ViaService" = ["lambda.eu-central-1.amazonaws.com"] } }
    }]
    error_message = "The hook's statement on the key is wrong: ${aws_iam_role_policy.hook.policy}"
  }
  assert {
    condition = (
      aws_lambda_function.hook.filename == null && aws_lambda_function.hook.s3_bucket == "zips" && aws_lambda_function.hook.s3_key == "hook.zip" &&
      aws_lambda_function.hook.s3_object_version == "v1" && aws_lambda_function.hook.source_code_hash == "aGFzaA=="
    )
    error_message = "The hook is not the published zip."
  }
}

run "service_without_alarms_is_rejected" {
  command = plan
  module { source = "./modules/release" }
  variables {
    services = { orders = { function_name = "shop-prod-orders", function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-orders", alias_arn = "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-orders:live", path = "/api/v1/orders", alarms = [] } }
  }
  expect_failures = [var.services]
}

run "configuration_of_another_platform_is_rejected" {
  command = plan
  module { source = "./modules/release" }
  variables {
    deployment_config = "CodeDeployDefault.OneAtATime"
  }
  expect_failures = [var.deployment_config]
}

run "missing_hook_zip_is_rejected" {
  command = plan
  module { source = "./modules/release" }
  variables {
    hook = { zip = "./tests/fixtures/missing.zip", architecture = "arm64" }
  }
  expect_failures = [aws_lambda_function.hook]
}
