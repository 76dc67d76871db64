# Provisioned concurrency: environments that are initialised before a request needs them.
#
# Where Terraform moves the alias, they belong to the published version, and the alias moves when they are ready. On an
# alias with environments, Lambda weights the alias for minutes after each move and rejects changes meanwhile; a version
# whose INIT fails leaves it weighted (docs/decisions/0031). Where CodeDeploy moves the alias, they belong to the alias,
# because both versions serve requests during a release.

locals {
  provisioned_for = var.codedeploy ? one(aws_lambda_alias.released[*].name) : aws_lambda_function.this.version

  # Every number of environments that sizing can ask for.
  provisioned = concat(
    var.sizing.provisioned_concurrency[*].executions,
    values(var.sizing.provisioned_concurrency.schedules)[*].executions,
    var.sizing.provisioned_concurrency.tracking[*].most,
  )
  is_provisioned = var.sizing.provisioned_concurrency.executions > 0
  is_scaled      = local.is_provisioned && length(local.provisioned) > 1
  is_scheduled   = local.is_scaled && length(var.sizing.provisioned_concurrency.schedules) > 0

  target = one(concat(aws_appautoscaling_target.tracked, aws_appautoscaling_target.scheduled))
}

resource "aws_lambda_provisioned_concurrency_config" "fixed" {
  count = local.is_provisioned && !local.is_scaled ? 1 : 0

  function_name                     = aws_lambda_function.this.function_name
  qualifier                         = local.provisioned_for
  provisioned_concurrent_executions = var.sizing.provisioned_concurrency.executions

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lambda_provisioned_concurrency_config" "scaled" {
  count = local.is_scaled ? 1 : 0

  function_name                     = aws_lambda_function.this.function_name
  qualifier                         = local.provisioned_for
  provisioned_concurrent_executions = var.sizing.provisioned_concurrency.executions

  lifecycle {
    create_before_destroy = true
    # Application Auto Scaling changes it.
    ignore_changes = [provisioned_concurrent_executions]
  }
}

resource "aws_appautoscaling_target" "tracked" {
  count = local.is_scaled && !local.is_scheduled ? 1 : 0

  service_namespace  = "lambda"
  scalable_dimension = "lambda:function:ProvisionedConcurrency"
  resource_id        = "function:${var.name}:${aws_lambda_provisioned_concurrency_config.scaled[0].qualifier}"
  min_capacity       = var.sizing.provisioned_concurrency.executions
  max_capacity       = max(local.provisioned...)

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_appautoscaling_target" "scheduled" {
  count = local.is_scheduled ? 1 : 0

  service_namespace  = "lambda"
  scalable_dimension = "lambda:function:ProvisionedConcurrency"
  resource_id        = "function:${var.name}:${aws_lambda_provisioned_concurrency_config.scaled[0].qualifier}"
  min_capacity       = var.sizing.provisioned_concurrency.executions
  max_capacity       = max(local.provisioned...)

  lifecycle {
    create_before_destroy = true
    # Each schedule changes both.
    ignore_changes = [min_capacity, max_capacity]
  }
}

resource "aws_appautoscaling_scheduled_action" "this" {
  for_each = local.is_scheduled ? var.sizing.provisioned_concurrency.schedules : {}

  name               = "${var.name}-${each.key}"
  service_namespace  = local.target.service_namespace
  scalable_dimension = local.target.scalable_dimension
  resource_id        = local.target.resource_id
  schedule           = each.value.expression
  timezone           = each.value.timezone

  scalable_target_action {
    min_capacity = each.value.executions
    max_capacity = try(max(each.value.executions, var.sizing.provisioned_concurrency.tracking.most), each.value.executions)
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_appautoscaling_policy" "this" {
  count = local.is_scaled && var.sizing.provisioned_concurrency.tracking != null ? 1 : 0

  name               = "${var.name}-utilization"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = local.target.service_namespace
  scalable_dimension = local.target.scalable_dimension
  resource_id        = local.target.resource_id

  target_tracking_scaling_policy_configuration {
    target_value = var.sizing.provisioned_concurrency.tracking.utilization

    predefined_metric_specification {
      predefined_metric_type = "LambdaProvisionedConcurrencyUtilization"
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}
