# The dashboard, to be read from top to bottom: requests, errors, latency, and then their causes.

locals {
  # A search finds every series that exists, so a new route or metric needs no change here:
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
  by_route   = "{\"${var.metrics_namespace}\",service,route}"
  by_service = "{\"${var.metrics_namespace}\",service}"
  of_route   = "$${PROP('Dim.service')} $${PROP('Dim.route')}"

  # What each table has metrics of: itself, and each index. With the dimension TableName only, indexes are not counted.
  stored = concat([
    for table, description in var.tables : concat(
      [{ label = table, dimensions = tolist(["TableName", description.name]) }],
      [for index in description.indexes : { label = "${table} ${index}", dimensions = tolist(["TableName", description.name, "GlobalSecondaryIndexName", index]) }],
    )
  ]...)

  operations = concat([
    for table, names in local.table_operations : [for name in names : { table = table, name = name }]
  ]...)

  # Each kind of DynamoDB graph as title => metrics and statistic.
  operation_graphs = [
    { title = "DynamoDB by operation, average ms", metric = "SuccessfulRequestLatency", statistic = "Average" },
    { title = "DynamoDB throttled requests by operation", metric = "ThrottledRequests", statistic = "Sum" },
    { title = "DynamoDB system errors by operation", metric = "SystemErrors", statistic = "Sum" },
  ]
  storage_graphs = [
    { title = "DynamoDB throttle events", metrics = ["ReadThrottleEvents", "WriteThrottleEvents"] },
    { title = "DynamoDB read units", metrics = ["ConsumedReadCapacityUnits"] },
    { title = "DynamoDB write units", metrics = ["ConsumedWriteCapacityUnits"] },
  ]

  sections = [
    {
      title = "Traffic"
      widgets = [
        {
          title   = "Requests"
          metrics = [["AWS/ApiGateway", "Count", "ApiId", var.api.id, { stat = "SampleCount" }]]
        },
        {
          title   = "Requests by route"
          metrics = [[{ expression = "SEARCH('${local.by_route} MetricName=\"Latency\"', 'SampleCount')", label = local.of_route }]]
        },
        {
          title = "Invocations"
          metrics = [
            for service, function in var.functions :
            ["AWS/Lambda", "Invocations", "FunctionName", function.function_name, { stat = "Sum", label = service }]
          ]
        },
      ]
    },
    {
      title = "Errors"
      widgets = [
        {
          title   = "5xx and 4xx, percent of responses"
          line_at = var.alarms.api_error_percent
          metrics = [
            [{ expression = "100 * FILL(errors, 0) / requests", label = "5xx" }],
            [{ expression = "100 * FILL(refused, 0) / requests", label = "4xx", yAxis = "right" }],
            ["AWS/ApiGateway", "5xx", "ApiId", var.api.id, { stat = "Sum", id = "errors", visible = false }],
            ["AWS/ApiGateway", "4xx", "ApiId", var.api.id, { stat = "Sum", id = "refused", visible = false }],
            ["AWS/ApiGateway", "Count", "ApiId", var.api.id, { stat = "SampleCount", id = "requests", visible = false }],
          ]
        },
        {
          title = "5xx and faults by service"
          metrics = concat(
            [for service in keys(var.functions) : [var.metrics_namespace, "5xx", "service", service, { stat = "Sum", label = "${service} 5xx" }]],
            [
              for pair in setproduct(keys(var.functions), ["bug", "unavailable"]) :
              [var.metrics_namespace, "Faults", "service", pair[0], "kind", pair[1], { stat = "Sum", label = "${pair[0]} ${pair[1]}" }]
            ],
          )
        },
        {
          title = "4xx and 5xx by route"
          metrics = [
            [{ expression = "SEARCH('${local.by_route} MetricName=\"5xx\"', 'Sum')", label = "5xx ${local.of_route}" }],
            [{ expression = "SEARCH('${local.by_route} MetricName=\"4xx\"', 'Sum')", label = "4xx ${local.of_route}" }],
          ]
        },
      ]
    },
    {
      title = "Latency"
      widgets = [
        {
          title   = "The API, ms"
          line_at = var.alarms.api_latency_ms
          metrics = [for statistic in local.percentiles : ["AWS/ApiGateway", "Latency", "ApiId", var.api.id, { stat = statistic, label = statistic }]]
        },
        {
          title = "Functions, ms"
          metrics = [
            for pair in setproduct(keys(var.functions), local.percentiles) :
            ["AWS/Lambda", "Duration", "FunctionName", var.functions[pair[0]].function_name, { stat = pair[1], label = "${pair[0]} ${pair[1]}" }]
          ]
        },
        {
          title = "p50, p90 and p99 by route, ms"
          metrics = [
            for statistic in local.percentiles :
            [{ expression = "SEARCH('${local.by_route} MetricName=\"Latency\"', '${statistic}')", label = "${statistic} ${local.of_route}" }]
          ]
        },
      ]
    },
    {
      title = "Cold starts"
      widgets = [
        {
          title = "Cold starts"
          metrics = [
            for service, function in var.functions :
            [var.metrics_namespace, "ColdStart", "service", service, "function_name", function.function_name, { stat = "Sum", label = service }]
          ]
        },
        {
          title = "Cold starts, percent of invocations"
          metrics = concat([
            for service, function in var.functions : [
              [{ expression = "100 * FILL(cold_${service}, 0) / all_${service}", label = service }],
              [var.metrics_namespace, "ColdStart", "service", service, "function_name", function.function_name, { stat = "Sum", id = "cold_${service}", visible = false }],
              ["AWS/Lambda", "Invocations", "FunctionName", function.function_name, { stat = "Sum", id = "all_${service}", visible = false }],
            ]
          ]...)
        },
      ]
    },
    {
      title = "Saturation"
      widgets = [
        {
          title   = "Concurrent executions, percent of the limit"
          line_at = var.alarms.concurrency_percent
          metrics = concat([
            for service, function in var.functions : [
              [{ expression = "100 * executions_${service} / ${max(1, local.concurrency_limits[service])}", label = service }],
              ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", function.function_name, { stat = "Maximum", id = "executions_${service}", visible = false }],
            ]
          ]...)
        },
        {
          title   = "Duration p99, percent of the timeout"
          line_at = var.alarms.duration_percent
          metrics = concat([
            for service, function in var.functions : [
              [{ expression = "100 * duration_${service} / ${function.timeout * 1000}", label = service }],
              ["AWS/Lambda", "Duration", "FunctionName", function.function_name, { stat = "p99", id = "duration_${service}", visible = false }],
            ]
          ]...)
        },
        {
          title = "Throttled invocations"
          metrics = [
            for service, function in var.functions :
            ["AWS/Lambda", "Throttles", "FunctionName", function.function_name, { stat = "Sum", label = service }]
          ]
        },
      ]
    },
    {
      title = "Dependencies"
      widgets = [
        for graph in local.operation_graphs : {
          title = graph.title
          metrics = [
            for operation in local.operations :
            ["AWS/DynamoDB", graph.metric, "TableName", var.tables[operation.table].name, "Operation", operation.name, { stat = graph.statistic, label = "${operation.table} ${operation.name}" }]
          ]
        }
      ]
    },
    {
      title = "Tables and indexes"
      widgets = [
        for graph in local.storage_graphs : {
          title = graph.title
          metrics = [
            for pair in setproduct(graph.metrics, local.stored) :
            concat(["AWS/DynamoDB", pair[0]], pair[1].dimensions, [{ stat = "Sum", label = pair[1].label }])
          ]
        }
      ]
    },
    {
      title = "Domain"
      widgets = [
        for service in keys(var.functions) : {
          title   = title(service)
          metrics = [[{ expression = "SEARCH('${local.by_service} service=\"${service}\" NOT MetricName=\"5xx\"', 'Sum')", label = "$${PROP('MetricName')}" }]]
        }
      ]
    },
  ]

  percentiles = ["p50", "p90", "p99"]

  # Three widgets of 8 columns and 6 rows side by side, below a heading of one row.
  heights = [for section in local.sections : 1 + 6 * ceil(length(section.widgets) / 3)]
  tops    = [for number in range(length(local.sections)) : sum(concat([0], slice(local.heights, 0, number)))]

  headings = [
    for number, section in local.sections : {
      type       = "text"
      x          = 0
      y          = local.tops[number]
      width      = 24
      height     = 1
      properties = { markdown = "## ${section.title}" }
    }
  ]

  graphs = concat([
    for number, section in local.sections : [
      for position, widget in section.widgets : {
        type   = "metric"
        x      = 8 * (position % 3)
        y      = local.tops[number] + 1 + 6 * floor(position / 3)
        width  = 8
        height = 6
        properties = {
          title       = widget.title
          region      = data.aws_region.current.id
          view        = "timeSeries"
          period      = 60
          yAxis       = { left = { min = 0 } }
          metrics     = widget.metrics
          annotations = { horizontal = [for value in try([widget.line_at], []) : { label = "alarm", value = value }] }
        }
      }
    ]
  ]...)
}

resource "aws_cloudwatch_dashboard" "this" {
  # Dashboards belong to the account, not to a region.
  dashboard_name = "${var.name}-${data.aws_region.current.id}"
  dashboard_body = jsonencode({ widgets = concat(local.headings, local.graphs) })
}
