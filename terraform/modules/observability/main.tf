# Alarms (watched.tf defines what they watch), the topic that they notify, the dashboard, and saved queries of the logs.

data "aws_region" "current" {}
