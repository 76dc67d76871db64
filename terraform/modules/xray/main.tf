# An X-Ray group per service: its traces and metrics on a page of their own.

resource "aws_xray_group" "this" {
  for_each = var.functions

  group_name        = each.value
  filter_expression = "service(id(name: \"${each.value}\", type: \"AWS::Lambda::Function\"))"
}
