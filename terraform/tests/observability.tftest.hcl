# Alarms with their thresholds, the topic, the dashboard and the queries. tests/terraform/test_observability.py
# compares the watched metrics with recorded data.

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
  api               = { id = "abc123", access_log_group_name = "/aws/vendedlogs/apigateway/shop-dev" }
  functions = {
    orders = { function_name = "shop-dev-orders", log_group_name = "/aws/lambda/shop-dev-orders", timeout = 10, reserved_concurrency = -1 }
    stock  = { function_name = "shop-dev-stock", log_group_name = "/aws/lambda/shop-dev-stock", timeout = 20, reserved_concurrency = 5 }
  }
  tables = {
    orders = { name = "shop-dev-orders", indexes = [], actions = ["dynamodb:GetItem"] }
    stock  = { name = "shop-dev-stock", indexes = ["customer"], actions = ["dynamodb:ConditionCheckItem", "dynamodb:Query"] }
  }
  unreserved_concurrency = 1000
  alarms = {
    email               = null
    api_error_percent   = 2
    api_latency_ms      = 1500
    duration_percent    = 75
    concurrency_percent = 50
    errors              = 3
    bugs                = 1
    unavailable         = 4
    throttles           = 5
    table_throttles     = 6
    table_system_errors = 7
  }
}

run "alarms_have_the_chosen_thresholds" {
  command = apply
  module { source = "./modules/observability" }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name => alarm.threshold } == {
      shop-dev-api-5xx                    = 2
      shop-dev-api-latency                = 1500
      shop-dev-orders-throttles           = 5
      shop-dev-orders-duration            = 7500 # 75 % of 10 s
      shop-dev-orders-concurrency         = 500  # half of what the account has
      shop-dev-orders-5xx                 = 3
      shop-dev-orders-faults-bug          = 1
      shop-dev-orders-faults-unavailable  = 4
      shop-dev-orders-table-throttles     = 6
      shop-dev-orders-table-system-errors = 7
      shop-dev-stock-throttles            = 5
      shop-dev-stock-duration             = 15000
      shop-dev-stock-concurrency          = 2 # of the reserved 5
      shop-dev-stock-5xx                  = 3
      shop-dev-stock-faults-bug           = 1
      shop-dev-stock-faults-unavailable   = 4
      shop-dev-stock-table-throttles      = 6
      shop-dev-stock-table-system-errors  = 7
    }
    error_message = "The alarms or their thresholds are wrong."
  }
  assert {
    condition = output.service_alarm_names == {
      orders = ["shop-dev-orders-5xx", "shop-dev-orders-faults-bug", "shop-dev-orders-faults-unavailable"]
      stock  = ["shop-dev-stock-5xx", "shop-dev-stock-faults-bug", "shop-dev-stock-faults-unavailable"]
    }
    error_message = "A service's own alarms are not those on its 5xx and its faults."
  }
  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => [alarm.datapoints_to_alarm, alarm.evaluation_periods] if endswith(key, "-errors") || endswith(key, "-bug") } == {
      orders-faults-bug          = [1, 1]
      orders-table-system-errors = [1, 2]
      stock-faults-bug           = [1, 1]
      stock-table-system-errors  = [1, 2]
    }
    error_message = "A count alarms on its first period; one with FILL also reads the period before."
  }
  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this :
      alarm.alarm_actions == toset(["arn:aws:sns:eu-central-1:123456789012:shop-dev-alarms"]) && alarm.ok_actions == alarm.alarm_actions
    ])
    error_message = "An alarm does not notify the topic when it goes off, or when it recovers."
  }
  assert {
    condition     = alltrue([for key, alarm in aws_cloudwatch_metric_alarm.this : contains(["notBreaching"], alarm.treat_missing_data)])
    error_message = "Missing data would count as a failure."
  }
  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this : can(regex("Look first at .* Then: docs/runbook\\.md#[a-z0-9-]+$", alarm.alarm_description))
    ])
    error_message = "An alarm's description does not say what to look at first, or which runbook entry continues."
  }
  assert {
    condition = {
      for table in ["orders", "stock"] : table => join(" ", sort([
        for query in aws_cloudwatch_metric_alarm.this["${table}-table-throttles"].metric_query : query.metric[0].dimensions.Operation if length(query.metric) > 0
      ]))
      } == {
      orders = "GetItem"
      stock  = "Query TransactWriteItems"
    }
    error_message = "The operations are not those that the granted actions allow."
  }
  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0
    error_message = "There is a subscription without an address."
  }
  assert {
    condition = alltrue([
      jsondecode(aws_sns_topic_policy.alarms.policy).Statement[0].Principal == { Service = "cloudwatch.amazonaws.com" },
      jsondecode(aws_sns_topic_policy.alarms.policy).Statement[0].Condition == { StringEquals = { "aws:SourceAccount" = "123456789012" } },
    ])
    error_message = "Exactly the alarms of this account may publish."
  }
}

run "dashboard_sections_are_in_order_and_do_not_overlap" {
  command = apply
  module { source = "./modules/observability" }

  assert {
    condition = [
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : trimprefix(widget.properties.markdown, "## ") if widget.type == "text"
    ] == ["Traffic", "Errors", "Latency", "Cold starts", "Saturation", "Dependencies", "Tables and indexes", "Domain"]
    error_message = "The dashboard's sections are wrong."
  }
  assert {
    condition = length(distinct([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : "${widget.x} ${widget.y}"
    ])) == length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets)
    error_message = "Two widgets have the same position."
  }
  assert {
    condition     = alltrue([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.region == "eu-central-1" if widget.type == "metric"])
    error_message = "A graph is of another region."
  }
}

run "one_request_query_reads_every_log_group" {
  command = apply
  module { source = "./modules/observability" }

  assert {
    condition     = aws_cloudwatch_query_definition.this["one-request"].log_group_names == tolist(["/aws/vendedlogs/apigateway/shop-dev", "/aws/lambda/shop-dev-orders", "/aws/lambda/shop-dev-stock"])
    error_message = "The log groups are wrong."
  }
  assert {
    condition     = aws_cloudwatch_query_definition.this["one-request"].name == "shop-dev/one-request"
    error_message = "The query's name is wrong."
  }
}

run "email_subscribes_and_zero_reservation_can_recover" {
  command = apply
  module { source = "./modules/observability" }
  variables {
    functions = { orders = { function_name = "shop-dev-orders", log_group_name = "/aws/lambda/shop-dev-orders", timeout = 10, reserved_concurrency = 0 } }
    alarms = {
      email  = "oncall@example.com", api_error_percent = 2, api_latency_ms = 1500, duration_percent = 75, concurrency_percent = 50
      errors = 3, bugs = 1, unavailable = 4, throttles = 5, table_throttles = 6, table_system_errors = 7
    }
  }

  assert {
    condition     = aws_sns_topic_subscription.email[0].protocol == "email" && aws_sns_topic_subscription.email[0].endpoint == "oncall@example.com"
    error_message = "The subscription is wrong."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["orders-concurrency"].threshold == 1
    error_message = "The threshold is 0: the alarm could never recover."
  }
}

run "invalid_alarm_values_are_rejected" {
  command = plan
  module { source = "./modules/observability" }
  variables {
    functions = { api = { function_name = "shop-dev-api", log_group_name = "/aws/lambda/shop-dev-api", timeout = 10, reserved_concurrency = -1 } }
    alarms = {
      email  = "oncall", api_error_percent = 0, api_latency_ms = 30000, duration_percent = 101, concurrency_percent = 50
      errors = 0, bugs = 1, unavailable = 4, throttles = 5, table_throttles = 6, table_system_errors = 1.5
    }
  }
  expect_failures = [var.functions, var.alarms]
}

run "more_than_ten_operations_of_a_table_are_rejected" {
  command = plan
  module { source = "./modules/observability" }
  variables {
    tables = {
      orders = {
        name    = "shop-dev-orders"
        indexes = []
        actions = [for action in ["BatchGetItem", "BatchWriteItem", "DeleteItem", "DescribeTable", "GetItem", "PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PutItem", "Query", "UpdateItem"] : "dynamodb:${action}"]
      }
    }
  }
  expect_failures = [aws_cloudwatch_metric_alarm.this]
}
