# SnapStart and provisioned concurrency of one service: never both, and never more than is reserved.

mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/shop-dev-orders" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/shop-dev-orders" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { version = "7" }
  }
}

variables {
  name               = "shop-dev-orders"
  service            = "orders"
  role               = { name = "shop-dev-orders-eu-central-1" }
  package            = { zip = "./tests/fixtures/orders.zip", architecture = "x86_64", layers = [] }
  environment        = {}
  metrics_namespace  = "Shop"
  grants             = {}
  tables             = {}
  log_retention_days = 14
}

run "by_default_environments_are_initialised_on_demand" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1 }
  }

  assert {
    condition     = length(aws_lambda_provisioned_concurrency_config.fixed) == 0 && length(aws_lambda_provisioned_concurrency_config.scaled) == 0 && length(aws_appautoscaling_target.tracked) == 0 && length(aws_appautoscaling_target.scheduled) == 0
    error_message = "Environments are provisioned, although the sizing does not ask for them."
  }

  assert {
    condition     = length(aws_lambda_function.this.snap_start) == 0
    error_message = "SnapStart is on, although the sizing does not ask for it."
  }
}

run "snap_start_applies_to_published_versions" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1, snap_start = true }
  }

  assert {
    condition     = aws_lambda_function.this.snap_start[0].apply_on == "PublishedVersions"
    error_message = "SnapStart is off."
  }

  assert {
    condition     = length(aws_lambda_provisioned_concurrency_config.fixed) == 0 && length(aws_lambda_provisioned_concurrency_config.scaled) == 0 && length(aws_appautoscaling_target.tracked) == 0 && length(aws_appautoscaling_target.scheduled) == 0
    error_message = "Environments are provisioned beside SnapStart."
  }
}

run "fixed_number_belongs_to_the_published_version" {
  command = apply
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1, provisioned_concurrency = { executions = 2 } }
  }

  assert {
    condition     = aws_lambda_provisioned_concurrency_config.fixed[0].provisioned_concurrent_executions == 2 && aws_lambda_provisioned_concurrency_config.fixed[0].qualifier == "7"
    error_message = "The published version does not have two environments."
  }

  assert {
    condition     = length(aws_lambda_provisioned_concurrency_config.scaled) == 0 && length(aws_appautoscaling_target.tracked) == 0 && length(aws_appautoscaling_target.scheduled) == 0
    error_message = "A fixed number is scaled."
  }
}

run "fixed_number_belongs_to_the_alias_that_codedeploy_moves" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    codedeploy = true
    sizing     = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1, provisioned_concurrency = { executions = 2 } }
  }

  assert {
    condition     = aws_lambda_provisioned_concurrency_config.fixed[0].qualifier == "live"
    error_message = "CodeDeploy moves the alias from one version to the other, so the environments must belong to the alias."
  }
}

run "schedules_change_the_number" {
  command = apply
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = 20, provisioned_concurrency = { executions = 1, schedules = { day = { expression = "cron(0 7 ? * MON-FRI *)", timezone = "Europe/Berlin", executions = 10 }, night = { expression = "cron(0 20 * * ? *)", executions = 1 } } } }
  }

  assert {
    condition     = aws_lambda_provisioned_concurrency_config.scaled[0].provisioned_concurrent_executions == 1 && length(aws_lambda_provisioned_concurrency_config.fixed) == 0
    error_message = "The number before the first schedule is wrong."
  }

  assert {
    condition     = aws_appautoscaling_target.scheduled[0].resource_id == "function:shop-dev-orders:7" && aws_appautoscaling_target.scheduled[0].min_capacity == 1 && aws_appautoscaling_target.scheduled[0].max_capacity == 10
    error_message = "The scalable target is wrong."
  }

  assert {
    condition = { for name, action in aws_appautoscaling_scheduled_action.this : name => [action.schedule, action.timezone, action.scalable_target_action[0].min_capacity, action.scalable_target_action[0].max_capacity] } == {
      day   = ["cron(0 7 ? * MON-FRI *)", "Europe/Berlin", "10", "10"]
      night = ["cron(0 20 * * ? *)", "Etc/UTC", "1", "1"]
    }
    error_message = "The schedules are wrong."
  }

  assert {
    condition     = length(aws_appautoscaling_policy.this) == 0
    error_message = "The utilization is tracked, although the sizing does not ask for it."
  }
}

run "tracking_follows_the_utilization_between_two_numbers" {
  command = apply
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1, provisioned_concurrency = { executions = 2, tracking = { most = 8, utilization = 0.6 } } }
  }

  assert {
    condition     = aws_appautoscaling_target.tracked[0].min_capacity == 2 && aws_appautoscaling_target.tracked[0].max_capacity == 8
    error_message = "The range is wrong."
  }

  assert {
    condition = (
      aws_appautoscaling_policy.this[0].policy_type == "TargetTrackingScaling" &&
      aws_appautoscaling_policy.this[0].target_tracking_scaling_policy_configuration[0].target_value == 0.6 &&
      aws_appautoscaling_policy.this[0].target_tracking_scaling_policy_configuration[0].predefined_metric_specification[0].predefined_metric_type == "LambdaProvisionedConcurrencyUtilization"
    )
    error_message = "The policy is wrong."
  }
}

run "schedules_set_the_least_beside_tracking" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1, provisioned_concurrency = { executions = 2, schedules = { day = { expression = "cron(0 7 * * ? *)", executions = 5 } }, tracking = { most = 8 } } }
  }

  assert {
    condition     = aws_appautoscaling_scheduled_action.this["day"].scalable_target_action[0].min_capacity == "5" && aws_appautoscaling_scheduled_action.this["day"].scalable_target_action[0].max_capacity == "8"
    error_message = "The schedule does not keep the most."
  }
  assert {
    condition     = length(aws_appautoscaling_policy.this) == 1 && length(aws_appautoscaling_target.tracked) == 0
    error_message = "The utilization is not tracked, or Terraform would undo the schedule."
  }
}

run "snap_start_with_provisioned_concurrency_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1, snap_start = true, provisioned_concurrency = { executions = 1 } }
  }
  expect_failures = [var.sizing]
}

run "fraction_of_an_environment_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1, provisioned_concurrency = { executions = 1.5 } }
  }
  expect_failures = [var.sizing]
}

run "schedule_without_an_environment_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1, provisioned_concurrency = { executions = 2, schedules = { night = { expression = "cron(0 20 * * ? *)", executions = 0 } } } }
  }
  expect_failures = [var.sizing]
}

run "schedules_without_a_number_to_start_with_are_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1, provisioned_concurrency = { executions = 0, schedules = { day = { expression = "cron(0 7 * * ? *)", executions = 2 } } } }
  }
  expect_failures = [var.sizing]
}

run "schedule_that_is_no_expression_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1, provisioned_concurrency = { executions = 1, schedules = { day = { expression = "07:00", executions = 2 } } } }
  }
  expect_failures = [var.sizing]
}

run "most_below_executions_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1, provisioned_concurrency = { executions = 5, tracking = { most = 4 } } }
  }
  expect_failures = [var.sizing]
}

run "utilization_above_nine_tenths_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1, provisioned_concurrency = { executions = 1, tracking = { most = 4, utilization = 0.95 } } }
  }
  expect_failures = [var.sizing]
}

run "reservation_too_small_for_a_release_is_rejected" {
  command = plan
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = 19, provisioned_concurrency = { executions = 1, tracking = { most = 10 } } }
  }
  expect_failures = [var.sizing]
}

run "replaced_publication_changes_the_function" {
  command = apply
  module { source = "./modules/lambda_service" }
  variables {
    sizing = { memory_size = 1024, timeout = 15, log_level = "INFO", log_sample_rate = 0, tracing = "otel", reserved_concurrency = -1 }
  }

  assert {
    condition     = aws_lambda_function.this.description == "orders, publication ${terraform_data.publication.id}"
    error_message = "Lambda would not publish the same code again, because the configuration has not changed."
  }
}
