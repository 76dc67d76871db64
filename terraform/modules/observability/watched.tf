# What is watched: the API, each service's function, each service's table.
#
#   about                what has happened and what to look at first
#   entry                heading in docs/runbook.md that goes on from there
#   metrics, expression  one metric and no expression, or those that the expression makes one of; at most ten:
#                        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html
#   threshold, above     goes off at the threshold, or only above it
#   missing              what no data means: each kind says why

locals {
  # A rate or a percentile jumps about when there is little traffic: it has to stay high.
  sustained = { period = 60, periods = 5, breaching = 3 }
  # A count is known when it is there.
  counted = { period = 300, periods = 1, breaching = 1 }
  # With FILL the newest period may be read before its metrics arrive: the one before it is looked at again.
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
  filled = { period = 300, periods = 2, breaching = 1 }

  # No data: nobody called the API, and nobody was failed or kept waiting.
  api_alarms = {
    api-5xx = merge(local.sustained, {
      about     = "More than ${var.alarms.api_error_percent} % of the API's answers are 5xx. Look first at the query ${local.query_names.errors-by-problem}; if it shows none, at ${local.query_names.gateway-errors}."
      entry     = "api-5xx"
      threshold = var.alarms.api_error_percent
      above     = true
      missing   = "notBreaching"
      # The average of 5xx is the rate at REST APIs; for HTTP APIs the page does not say so:
      # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
      expression = "100 * FILL(errors, 0) / requests"
      metrics = {
        errors   = { statistic = "Sum", namespace = "AWS/ApiGateway", name = "5xx", dimensions = { ApiId = var.api.id } }
        requests = { statistic = "SampleCount", namespace = "AWS/ApiGateway", name = "Count", dimensions = { ApiId = var.api.id } }
      }
    })

    api-latency = merge(local.sustained, {
      about      = "One request in a hundred takes longer than ${var.alarms.api_latency_ms} ms. Look first at the dashboard's latency by route, then at the query ${local.query_names.slowest-routes}."
      entry      = "api-latency"
      threshold  = var.alarms.api_latency_ms
      above      = true
      missing    = "notBreaching"
      expression = null
      metrics    = { latency = { statistic = "p99", namespace = "AWS/ApiGateway", name = "Latency", dimensions = { ApiId = var.api.id } } }
    })
  }

  # An execution more than this is refused: the reservation, else what the account has for all of its functions.
  concurrency_limits = {
    for service, function in var.functions :
    service => function.reserved_concurrency >= 0 ? function.reserved_concurrency : var.alarms.account_concurrency
  }

  # No data: Lambda sends these with each invocation, so there was none.
  function_alarms = merge([
    for service, function in var.functions : {
      "${service}-throttles" = merge(local.counted, {
        about      = "Lambda refused to run ${function.function_name}: no execution was free. Look first at the dashboard's saturation."
        entry      = "service-throttles"
        threshold  = var.alarms.throttles
        above      = false
        missing    = "notBreaching"
        expression = null
        metrics    = { throttles = { statistic = "Sum", namespace = "AWS/Lambda", name = "Throttles", dimensions = { FunctionName = function.function_name } } }
      })

      "${service}-duration" = merge(local.sustained, {
        about      = "One invocation of ${function.function_name} in a hundred takes more than ${var.alarms.duration_percent} % of its timeout of ${function.timeout} s. Look first at the dashboard's dependencies, then at the query ${local.query_names.slowest-routes}."
        entry      = "service-duration"
        threshold  = function.timeout * 10 * var.alarms.duration_percent # milliseconds
        above      = false
        missing    = "notBreaching"
        expression = null
        metrics    = { duration = { statistic = "p99", namespace = "AWS/Lambda", name = "Duration", dimensions = { FunctionName = function.function_name } } }
      })

      "${service}-concurrency" = merge(local.sustained, {
        about      = "${function.function_name} uses ${var.alarms.concurrency_percent} % of the ${local.concurrency_limits[service]} executions that it may have at a time. Look first at the dashboard's traffic: more requests, or slower ones?"
        entry      = "service-concurrency"
        threshold  = max(1, floor(local.concurrency_limits[service] * var.alarms.concurrency_percent / 100))
        above      = false
        missing    = "notBreaching"
        expression = null
        metrics    = { executions = { statistic = "Maximum", namespace = "AWS/Lambda", name = "ConcurrentExecutions", dimensions = { FunctionName = function.function_name } } }
      })
    }
  ]...)

  # No data: the service records these only when they happen. Lambda's own Errors counts no bug: Mangum answers it.
  service_alarms = merge([
    for service in keys(var.functions) : {
      "${service}-5xx" = merge(local.counted, {
        about      = "The service ${service} answered 5xx. Look first at the query ${local.query_names.errors-by-problem}."
        entry      = "service-5xx"
        threshold  = var.alarms.errors
        above      = false
        missing    = "notBreaching"
        expression = null
        metrics    = { errors = { statistic = "Sum", namespace = var.metrics_namespace, name = "5xx", dimensions = { service = service } } }
      })

      "${service}-faults-bug" = merge(local.counted, {
        about      = "The service ${service} met an exception that nobody handles. Look first at the query ${local.query_names.bugs}."
        entry      = "service-faults-bug"
        threshold  = var.alarms.bugs
        above      = false
        missing    = "notBreaching"
        expression = null
        metrics    = { bugs = { statistic = "Sum", namespace = var.metrics_namespace, name = "Faults", dimensions = { service = service, kind = "bug" } } }
      })

      "${service}-faults-unavailable" = merge(local.counted, {
        about      = "The service ${service} answered 503, because something that it needs did not answer. Look first at the query ${local.query_names.errors-by-problem}, then at the dashboard's dependencies."
        entry      = "service-faults-unavailable"
        threshold  = var.alarms.unavailable
        above      = false
        missing    = "notBreaching"
        expression = null
        metrics    = { unavailable = { statistic = "Sum", namespace = var.metrics_namespace, name = "Faults", dimensions = { service = service, kind = "unavailable" } } }
      })
    }
  ]...)

  # What CloudWatch calls Operation. A transaction is allowed by the actions in it, and is an operation of its own.
  table_operations = {
    for table, description in var.tables : table => sort(distinct([
      for action in concat(
        [for action in description.actions : trimprefix(action, "dynamodb:") if action != "dynamodb:ConditionCheckItem"],
        length(setintersection(description.actions, local.transacted)) > 0 ? ["TransactWriteItems"] : [],
      ) : action
    ]))
  }
  transacted = ["dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]

  # No data: DynamoDB sends these only when they happen; AWS names ThrottledRequests as the example for notBreaching:
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
  table_alarms = merge([
    for table, description in var.tables : {
      for kind, alarm in {
        throttles = {
          metric    = "ThrottledRequests"
          threshold = var.alarms.table_throttles
          about     = "DynamoDB throttled requests to ${description.name} or one of its indexes. Look first at the dashboard's throttle events: which index, or the table itself?"
        }
        system-errors = {
          metric    = "SystemErrors"
          threshold = var.alarms.table_system_errors
          about     = "DynamoDB failed requests to ${description.name} by itself. Look first at the dashboard's system errors by operation, then at https://health.aws.amazon.com."
        }
        } : "${table}-table-${kind}" => merge(local.filled, {
          about     = alarm.about
          entry     = "table-${kind}"
          threshold = alarm.threshold
          above     = false
          missing   = "notBreaching"
          # Both have no data without Operation. A request that one of the table's indexes throttles counts, too.
          expression = "SUM(FILL(METRICS(), 0))"
          metrics = {
            for operation in local.table_operations[table] : lower(operation) =>
            { statistic = "Sum", namespace = "AWS/DynamoDB", name = alarm.metric, dimensions = { TableName = description.name, Operation = operation } }
          }
      })
    }
  ]...)
}
