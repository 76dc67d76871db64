# A group of traces per service.

mock_provider "aws" {}

run "a_group_holds_its_functions_traces" {
  command = plan
  module { source = "./modules/xray" }
  variables {
    functions = { users = "shop-dev-users" }
  }

  assert {
    condition     = aws_xray_group.this["users"].group_name == "shop-dev-users" && aws_xray_group.this["users"].filter_expression == "service(id(name: \"shop-dev-users\", type: \"AWS::Lambda::Function\"))"
    error_message = "Another group."
  }
}

run "a_name_that_x_ray_refuses_is_refused_before" {
  command = plan
  module { source = "./modules/xray" }
  variables {
    functions = { users = "a-name-of-more-than-thirty-two-letters" }
  }
  expect_failures = [var.functions]
}
