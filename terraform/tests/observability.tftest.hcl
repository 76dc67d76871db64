# Alarms with their thresholds, the topic, the dashboard and the queries. What they watch is held to what is really
# recorded by tests/terraform/test_observability.py.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:shop-dev-alarms" }
  }
}

variables {
  name              = "shop-dev"
  metrics_namespace = "Shop"
  api               = { id = "abc123", access_log_group_name = "/aws/apigateway/shop-dev" }
  functions = {
    users = { function_name = "shop-dev-users", log_group_name = "/aws/lambda/shop-dev-users", timeout = 10, reserved_concurrency = -1 }
    books = { function_name = "shop-dev-books", log_group_name = "/aws/lambda/shop-dev-books", timeout = 20, reserved_concurrency = 5 }
  }
  tables = {
    users = { name = "shop-dev-users", indexes = [], actions = ["dynamodb:GetItem"] }
    books = { name = "shop-dev-books", indexes = ["author"], actions = ["dynamodb:ConditionCheckItem", "dynamodb:Query"] }
  }
  alarms = {
    email               = null
    api_error_percent   = 2
    api_latency_ms      = 1500
    duration_percent    = 75
    concurrency_percent = 50
    account_concurrency = 1000
    errors              = 3
    bugs                = 1
    unavailable         = 4
    throttles           = 5
    table_throttles     = 6
    table_system_errors = 7
  }
}

run "alarms_go_off_where_the_environment_says" {
  command = apply
  module { source = "./modules/observability" }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name => alarm.threshold } == {
      shop-dev-api-5xx                   = 2
      shop-dev-api-latency               = 1500
      shop-dev-users-throttles           = 5
      shop-dev-users-duration            = 7500 # 75 % of 10 s
      shop-dev-users-concurrency         = 500  # half of what the account has
      shop-dev-users-5xx                 = 3
      shop-dev-users-faults-bug          = 1
      shop-dev-users-faults-unavailable  = 4
      shop-dev-users-table-throttles     = 6
      shop-dev-users-table-system-errors = 7
      shop-dev-books-throttles           = 5
      shop-dev-books-duration            = 15000
      shop-dev-books-concurrency         = 2 # of the reserved 5
      shop-dev-books-5xx                 = 3
      shop-dev-books-faults-bug          = 1
      shop-dev-books-faults-unavailable  = 4
      shop-dev-books-table-throttles     = 6
      shop-dev-books-table-system-errors = 7
    }
    error_message = "Other alarms or thresholds."
  }
  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => [alarm.datapoints_to_alarm, alarm.evaluation_periods] if endswith(key, "-errors") || endswith(key, "-bug") } == {
      users-faults-bug          = [1, 1]
      users-table-system-errors = [1, 2]
      books-faults-bug          = [1, 1]
      books-table-system-errors = [1, 2]
    }
    error_message = "A count goes off at once; one with FILL looks at the period before again."
  }
  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this :
      alarm.alarm_actions == toset(["arn:aws:sns:eu-central-1:123456789012:shop-dev-alarms"]) && alarm.ok_actions == alarm.alarm_actions
    ])
    error_message = "An alarm does not tell the topic that it went off, or that it ended."
  }
  assert {
    condition     = alltrue([for key, alarm in aws_cloudwatch_metric_alarm.this : contains(["notBreaching"], alarm.treat_missing_data)])
    error_message = "No data would be taken for a failure."
  }
  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this : can(regex("Look first at .* Then: docs/runbook\\.md#[a-z0-9-]+$", alarm.alarm_description))
    ])
    error_message = "An alarm does not say what to look at first, or where the runbook goes on."
  }
  assert {
    condition = {
      for table in ["users", "books"] : table => join(" ", sort([
        for query in aws_cloudwatch_metric_alarm.this["${table}-table-throttles"].metric_query : query.metric[0].dimensions.Operation if length(query.metric) > 0
      ]))
      } == {
      users = "GetItem"
      books = "Query TransactWriteItems"
    }
    error_message = "Other operations than those that the actions allow: a condition check is part of a transaction."
  }
  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0
    error_message = "An e-mail although nobody asked."
  }
  assert {
    condition = alltrue([
      jsondecode(aws_sns_topic_policy.alarms.policy).Statement[0].Principal == { Service = "cloudwatch.amazonaws.com" },
      jsondecode(aws_sns_topic_policy.alarms.policy).Statement[0].Condition == { StringEquals = { "aws:SourceAccount" = "123456789012" } },
    ])
    error_message = "Somebody else than this account's alarms may publish, or these may not."
  }
}

run "the_dashboard_is_read_from_top_to_bottom_and_nothing_overlaps" {
  command = apply
  module { source = "./modules/observability" }

  assert {
    condition = [
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : trimprefix(widget.properties.markdown, "## ") if widget.type == "text"
    ] == ["Traffic", "Errors", "Latency", "Cold starts", "Saturation", "Dependencies", "Tables and indexes", "Domain"]
    error_message = "Other sections."
  }
  assert {
    condition = length(distinct([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : "${widget.x} ${widget.y}"
    ])) == length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets)
    error_message = "Two widgets at one place."
  }
  assert {
    condition     = alltrue([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.region == "eu-central-1" if widget.type == "metric"])
    error_message = "A graph of another region."
  }
}

run "one_request_is_looked_for_in_every_log_group" {
  command = apply
  module { source = "./modules/observability" }

  assert {
    condition     = aws_cloudwatch_query_definition.this["one-request"].log_group_names == tolist(["/aws/apigateway/shop-dev", "/aws/lambda/shop-dev-books", "/aws/lambda/shop-dev-users"])
    error_message = "Other log groups."
  }
  assert {
    condition     = aws_cloudwatch_query_definition.this["one-request"].name == "shop-dev/one-request"
    error_message = "Another name."
  }
}

run "an_address_gets_an_e_mail_and_a_stopped_function_an_alarm_that_can_end" {
  command = apply
  module { source = "./modules/observability" }
  variables {
    functions = { users = { function_name = "shop-dev-users", log_group_name = "/aws/lambda/shop-dev-users", timeout = 10, reserved_concurrency = 0 } }
    alarms = {
      email               = "oncall@example.com", api_error_percent = 2, api_latency_ms = 1500, duration_percent = 75, concurrency_percent = 50
      account_concurrency = 1000, errors = 3, bugs = 1, unavailable = 4, throttles = 5, table_throttles = 6, table_system_errors = 7
    }
  }

  assert {
    condition     = aws_sns_topic_subscription.email[0].protocol == "email" && aws_sns_topic_subscription.email[0].endpoint == "oncall@example.com"
    error_message = "Another subscription."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["users-concurrency"].threshold == 1
    error_message = "Zero executions would be an alarm."
  }
}

run "values_that_no_alarm_can_have_are_refused" {
  command = plan
  module { source = "./modules/observability" }
  variables {
    functions = { api = { function_name = "shop-dev-api", log_group_name = "/aws/lambda/shop-dev-api", timeout = 10, reserved_concurrency = -1 } }
    alarms = {
      email               = "oncall", api_error_percent = 0, api_latency_ms = 30000, duration_percent = 101, concurrency_percent = 50
      account_concurrency = 1000, errors = 0, bugs = 1, unavailable = 4, throttles = 5, table_throttles = 6, table_system_errors = 1.5
    }
  }
  expect_failures = [var.functions, var.alarms]
}

run "more_operations_than_an_alarm_can_watch_are_refused" {
  command = plan
  module { source = "./modules/observability" }
  variables {
    tables = {
      users = {
        name    = "shop-dev-users"
        indexes = []
        actions = [for action in ["BatchGetItem", "BatchWriteItem", "DeleteItem", "DescribeTable", "GetItem", "PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PutItem", "Query", "UpdateItem"] : "dynamodb:${action}"]
      }
    }
  }
  expect_failures = [aws_cloudwatch_metric_alarm.this]
}
