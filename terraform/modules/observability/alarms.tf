# One alarm for each entry of watched.tf. Every alarm notifies the topic when it goes off and when it recovers.

locals {
  alarms = merge(local.api_alarms, local.function_alarms, local.service_alarms, local.table_alarms)

  # The single metric of an alarm without an expression, in the resource's terms.
  alone = {
    for name, alarm in local.alarms : name => one([
      for metric in values(alarm.metrics) : {
        namespace  = metric.namespace
        name       = metric.name
        dimensions = metric.dimensions
        statistic  = startswith(metric.statistic, "p") ? null : metric.statistic
        percentile = startswith(metric.statistic, "p") ? metric.statistic : null
      }
    ]) if alarm.expression == null
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.about} Then: docs/runbook.md#${each.value.entry}"
  comparison_operator = each.value.above ? "GreaterThanThreshold" : "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.breaching
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  namespace          = try(local.alone[each.key].namespace, null)
  metric_name        = try(local.alone[each.key].name, null)
  dimensions         = try(local.alone[each.key].dimensions, null)
  statistic          = try(local.alone[each.key].statistic, null)
  extended_statistic = try(local.alone[each.key].percentile, null)
  period             = each.value.expression == null ? each.value.period : null

  # With "ignore", a p99 of fewer than 1,000 requests a minute would never be evaluated.
  evaluate_low_sample_count_percentiles = try(local.alone[each.key].percentile, null) == null ? null : "evaluate"

  dynamic "metric_query" {
    for_each = each.value.expression == null ? {} : each.value.metrics

    content {
      id = metric_query.key

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        period      = each.value.period
        stat        = metric_query.value.statistic
      }
    }
  }

  dynamic "metric_query" {
    for_each = each.value.expression == null ? [] : [each.value.expression]

    content {
      id          = "watched"
      expression  = metric_query.value
      label       = each.key
      return_data = true
    }
  }

  lifecycle {
    precondition {
      condition     = length(each.value.metrics) <= 10
      error_message = "An alarm can watch ten metrics, but ${var.name}-${each.key} would watch ${length(each.value.metrics)}. Grant fewer DynamoDB actions on the table."
    }
  }
}
