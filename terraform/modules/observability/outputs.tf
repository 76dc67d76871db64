output "topic_arn" {
  description = "ARN of the topic that every alarm notifies."
  value       = aws_sns_topic.alarms.arn
}

output "service_alarm_names" {
  description = "Service => names of the alarms on its 5xx responses and its faults."
  value = {
    for service in keys(var.functions) :
    service => [for kind in ["5xx", "faults-bug", "faults-unavailable"] : aws_cloudwatch_metric_alarm.this["${service}-${kind}"].alarm_name]
  }
}
