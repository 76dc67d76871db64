# The definitions of the alarms: on the API, each service's function, and each service's table.
#
#   about                description of the alarm, and what to look at first
#   entry                heading in docs/runbook.md with the next steps
#   metrics, expression  one metric without an expression, or at most ten that the expression combines:
#                        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html
#   threshold, above     whether the alarm goes off at the threshold or only above it
#   missing              the meaning of missing data; the comment of each group says why

locals {
  # With little traffic a rate or a percentile varies a lot, so it must stay high for several minutes.
  sustained = { period = 60, periods = 5, breaching = 3 }
  # A count is complete as soon as there is data.
  counted = { period = 300, periods = 1, breaching = 1 }
  # With FILL, the newest period may be read before its metrics arrive, so the period before is evaluated again.
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
  filled = { period = 300, periods = 2, breaching = 1 }

  # Missing data: the API had no request, so none failed or was slow.
  api_alarms = {
    api-5xx = merge(local.sustained, {
      about     = "More than ${var.alarms.api_error_percent} % of the API's responses are 5xx. Look first at the query ${local.query_names.errors-by-problem}; if it finds nothing, at ${local.query_names.gateway-errors}."
      entry     = "api-5xx"
      threshold = var.alarms.api_error_percent
      above     = true
      missing   = "notBreaching"
      # The average of 5xx is the rate for REST APIs. The page for HTTP APIs does not say so:
      # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
      expression = "100 * FILL(errors, 0) / requests"
      metrics = {
        errors   = { statistic = "Sum", namespace = "AWS/ApiGateway", name = "5xx", dimensions = { ApiId = var.api.id } }
        requests = { statistic = "SampleCount", namespace = "AWS/ApiGateway", name = "Count", dimensions = { ApiId = var.api.id } }
      }
    })

    api-latency = merge(local.sustained, {
      about      = "The API's p99 latency is above ${var.alarms.api_latency_ms} ms. Look first at the dashboard's section Latency, then at the query ${local.query_names.slowest-routes}."
      entry      = "api-latency"
      threshold  = var.alarms.api_latency_ms
      above      = true
      missing    = "notBreaching"
      expression = null
      metrics    = { latency = { statistic = "p99", namespace = "AWS/ApiGateway", name = "Latency", dimensions = { ApiId = var.api.id } } }
    })
  }

  # The limit of concurrent executions: the reservation, or else what the account has left.
  concurrency_limits = {
    for service, function in var.functions :
    service => function.reserved_concurrency >= 0 ? function.reserved_concurrency : var.unreserved_concurrency
  }

  # Missing data: Lambda records these metrics with each invocation, so there was no invocation.
  function_alarms = merge([
    for service, function in var.functions : {
      "${service}-throttles" = merge(local.counted, {
        about      = "Lambda throttled ${function.function_name}: no concurrent execution was free. Look first at the dashboard's section Saturation."
        entry      = "service-throttles"
        threshold  = var.alarms.throttles
        above      = false
        missing    = "notBreaching"
        expression = null
        metrics    = { throttles = { statistic = "Sum", namespace = "AWS/Lambda", name = "Throttles", dimensions = { FunctionName = function.function_name } } }
      })

      "${service}-duration" = merge(local.sustained, {
        about      = "The p99 duration of ${function.function_name} is at least ${var.alarms.duration_percent} % of its timeout of ${function.timeout} s. Look first at the dashboard's section Dependencies, then at the query ${local.query_names.slowest-routes}."
        entry      = "service-duration"
        threshold  = function.timeout * 10 * var.alarms.duration_percent # milliseconds
        above      = false
        missing    = "notBreaching"
        expression = null
        metrics    = { duration = { statistic = "p99", namespace = "AWS/Lambda", name = "Duration", dimensions = { FunctionName = function.function_name } } }
      })

      "${service}-concurrency" = merge(local.sustained, {
        about      = "${function.function_name} uses ${var.alarms.concurrency_percent} % of its limit of ${local.concurrency_limits[service]} concurrent executions. Look first at the dashboard's section Traffic: are there more requests, or slower ones?"
        entry      = "service-concurrency"
        threshold  = max(1, floor(local.concurrency_limits[service] * var.alarms.concurrency_percent / 100))
        above      = false
        missing    = "notBreaching"
        expression = null
        metrics    = { executions = { statistic = "Maximum", namespace = "AWS/Lambda", name = "ConcurrentExecutions", dimensions = { FunctionName = function.function_name } } }
      })
    }
  ]...)

  # Missing data: the service records these metrics only when a failure happens. Lambda's own Errors does not count
  # bugs, because the service responds with 500.
  service_alarms = merge([
    for service in keys(var.functions) : {
      "${service}-5xx" = merge(local.counted, {
        about      = "The service ${service} responded with 5xx. Look first at the query ${local.query_names.errors-by-problem}."
        entry      = "service-5xx"
        threshold  = var.alarms.errors
        above      = false
        missing    = "notBreaching"
        expression = null
        metrics    = { errors = { statistic = "Sum", namespace = var.metrics_namespace, name = "5xx", dimensions = { service = service } } }
      })

      "${service}-faults-bug" = merge(local.counted, {
        about      = "The service ${service} raised an unhandled exception. Look first at the query ${local.query_names.bugs}."
        entry      = "service-faults-bug"
        threshold  = var.alarms.bugs
        above      = false
        missing    = "notBreaching"
        expression = null
        metrics    = { bugs = { statistic = "Sum", namespace = var.metrics_namespace, name = "Faults", dimensions = { service = service, kind = "bug" } } }
      })

      "${service}-faults-unavailable" = merge(local.counted, {
        about      = "The service ${service} responded with 503, because a dependency timed out or throttled it. Look first at the query ${local.query_names.errors-by-problem}, then at the dashboard's section Dependencies."
        entry      = "service-faults-unavailable"
        threshold  = var.alarms.unavailable
        above      = false
        missing    = "notBreaching"
        expression = null
        metrics    = { unavailable = { statistic = "Sum", namespace = var.metrics_namespace, name = "Faults", dimensions = { service = service, kind = "unavailable" } } }
      })
    }
  ]...)

  # Values of CloudWatch's dimension Operation. A transaction is granted by its actions, but has its own operation.
  table_operations = {
    for table, description in var.tables : table => sort(distinct([
      for action in concat(
        [for action in description.actions : trimprefix(action, "dynamodb:") if action != "dynamodb:ConditionCheckItem"],
        length(setintersection(description.actions, local.transacted)) > 0 ? ["TransactWriteItems"] : [],
      ) : action
    ]))
  }
  transacted = ["dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]

  # Missing data: DynamoDB records these metrics only when a failure happens. AWS's example for notBreaching is
  # ThrottledRequests:
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
  table_alarms = merge([
    for table, description in var.tables : {
      for kind, alarm in {
        throttles = {
          metric    = "ThrottledRequests"
          threshold = var.alarms.table_throttles
          about     = "DynamoDB throttled requests to ${description.name} or one of its indexes. Look first at the dashboard's throttle events: is it the table or an index?"
        }
        system-errors = {
          metric    = "SystemErrors"
          threshold = var.alarms.table_system_errors
          about     = "DynamoDB failed requests to ${description.name} with an error of its own. Look first at the dashboard's system errors by operation, then at https://health.aws.amazon.com."
        }
        } : "${table}-table-${kind}" => merge(local.filled, {
          about     = alarm.about
          entry     = "table-${kind}"
          threshold = alarm.threshold
          above     = false
          missing   = "notBreaching"
          # Neither metric has data without Operation. A request that is throttled by an index counts as well.
          expression = "SUM(FILL(METRICS(), 0))"
          metrics = {
            for operation in local.table_operations[table] : lower(operation) =>
            { statistic = "Sum", namespace = "AWS/DynamoDB", name = alarm.metric, dimensions = { TableName = description.name, Operation = operation } }
          }
      })
    }
  ]...)
}
