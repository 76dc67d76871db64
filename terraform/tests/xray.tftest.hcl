# One group of traces per service.

mock_provider "aws" {}

run "group_holds_the_traces_of_its_function" {
  command = plan
  module { source = "./modules/xray" }
  variables {
    functions = { orders = "shop-dev-orders" }
  }

  assert {
    condition     = aws_xray_group.this["orders"].group_name == "shop-dev-orders" && aws_xray_group.this["orders"].filter_expression == "service(id(name: \"shop-dev-orders\", type: \"AWS::Lambda::Function\"))"
    error_message = "The group's name or filter is wrong."
  }
}

run "group_name_that_is_too_long_is_rejected" {
  command = plan
  module { source = "./modules/xray" }
  variables {
    functions = { orders = "a-name-of-more-than-thirty-two-letters" }
  }
  expect_failures = [var.functions]
}
