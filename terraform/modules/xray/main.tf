# One X-Ray group per service, so that its traces and metrics have their own page.

resource "aws_xray_group" "this" {
  for_each = var.functions

  group_name        = each.value
  filter_expression = "service(id(name: \"${each.value}\", type: \"AWS::Lambda::Function\"))"
}
