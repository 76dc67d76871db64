# Repositories, and who may push to them.
mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  repository = "octo-org/octo-repo"
}

run "no_image_needs_no_repository_and_no_permission" {
  command = plan

  assert {
    condition     = length(module.images) == 0 && length(data.aws_iam_policy_document.images) == 0 && length(aws_iam_role_policy.images) == 0
    error_message = "A role may use images, although no service has one."
  }
}

run "deploy_roles_pull_and_only_publishing_ones_push" {
  command = plan
  variables {
    image_services = ["orders"]
    environments   = { staging = { publishes = true }, prod = {} }
  }

  assert {
    condition     = join(" ", keys(module.images)) == "orders" && join(" ", keys(aws_iam_role_policy.images)) == "prod-deploy staging-deploy"
    error_message = "A role that plans may use images, or one that deploys may not."
  }
  assert {
    condition     = data.aws_iam_policy_document.images["prod-deploy"].statement[*].sid == tolist(["PullImages"])
    error_message = "A role that does not publish may push images."
  }
  assert {
    condition     = data.aws_iam_policy_document.images["staging-deploy"].statement[*].sid == tolist(["PullImages", "PushImages", "LogDockerIn"])
    error_message = "The role that publishes may not push images."
  }
}

run "name_that_is_no_service_is_rejected" {
  command = plan
  variables {
    image_services = ["Orders-API"]
  }
  expect_failures = [var.image_services]
}
