# Only plans: an applied run would have to destroy buckets that prevent it.
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
  # Mocked documents are not rendered: the roles' tests on the embedded AWS read the real ones.
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/one" }
  }
  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }
}

variables {
  repository = "octo-org/octo-repo"
}

run "buckets_are_private_and_keep_versions" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this["state"].bucket == "${local.name}-state-123456789012-eu-central-1"
    error_message = "The bucket's name does not follow the rule by which `make plan` finds it."
  }
  assert {
    condition     = alltrue([for one in aws_s3_bucket_versioning.this : one.versioning_configuration[0].status == "Enabled"]) && length(aws_s3_bucket_versioning.this) == 2
    error_message = "A bucket keeps no versions."
  }
  assert {
    condition = alltrue([
      for one in aws_s3_bucket_public_access_block.this :
      one.block_public_acls && one.block_public_policy && one.ignore_public_acls && one.restrict_public_buckets
    ])
    error_message = "A bucket can be made public."
  }
  assert {
    condition     = alltrue([for one in data.aws_iam_policy_document.bucket : one.statement[0].sid == "OnlyTls" && one.statement[0].effect == "Deny"])
    error_message = "A bucket can be read without TLS."
  }
  assert {
    condition     = [for one in data.aws_iam_policy_document.bucket["artefacts"].statement : one.sid] == ["OnlyTls", "OnlyNewKeys"]
    error_message = "A published zip can be overwritten."
  }
}

run "roles_are_bound_to_repository_and_environment" {
  command = plan

  assert {
    condition     = toset(keys(aws_iam_role.this)) == toset(flatten([for name in ["dev", "preview", "prod", "staging"] : ["${name}-deploy", "${name}-plan"]]))
    error_message = "Each environment has a role that plans and one that deploys."
  }
  assert {
    condition     = local.roles["prod-deploy"].subject == "repo:octo-org/octo-repo:environment:prod"
    error_message = "Only jobs in the environment prod may deploy it."
  }
  assert {
    condition     = local.roles["prod-plan"].subject == "repo:octo-org/octo-repo:environment:prod-plan"
    error_message = "Jobs of pull requests need the GitHub environment prod-plan, which its settings restrict."
  }
}

run "only_staging_publishes" {
  command = plan

  assert {
    condition = toset([
      for role, document in data.aws_iam_policy_document.buckets : role if contains(document.statement[*].sid, "PublishArtefacts")
    ]) == toset(["staging-deploy"])
    error_message = "Jobs of branches must not publish what prod then deploys."
  }
}

run "policies_fit_into_the_quota" {
  command = plan

  assert {
    condition     = alltrue([for one in aws_iam_policy.this : length(replace(one.policy, "/\\s/", "")) <= 6144])
    error_message = "A managed policy has more than 6,144 characters: split a part in tools/environments/policies/generation.py."
  }
  assert {
    condition     = strcontains(aws_iam_policy.this["prod-deploy-identity"].policy, "arn:aws:iam::123456789012:policy/${local.name}-boundary-prod-eu-central-1")
    error_message = "The role may create roles without the boundary."
  }
  assert {
    condition     = strcontains(aws_iam_policy.this["prod-deploy-data"].policy, "table/${local.name}-prod-*") && strcontains(aws_iam_policy.this["preview-deploy-data"].policy, "table/${local.name}-pull*-*")
    error_message = "A role may change another environment's tables."
  }
  assert {
    condition     = alltrue([for role in keys(aws_iam_role.this) : length([for one in local.policies : one if one.role == role]) <= 10])
    error_message = "A role has more than 10 managed policies."
  }
}

run "roles_of_pipelines_cannot_be_changed_by_themselves" {
  command = plan

  variables {
    # The roles of pull match the pattern of what its deployments create, pull*.
    environments = { dev = {}, pull = { match = "pull*" } }
    role_path    = "/platform/"
  }
  assert {
    condition = alltrue([
      for role, one in aws_iam_role_policy.not_itself :
      jsondecode(one.policy).Statement[0].Effect == "Deny" && jsondecode(one.policy).Statement[0].Action == ["iam:*"]
    ]) && join(" ", keys(aws_iam_role_policy.not_itself)) == "dev-deploy pull-deploy"
    error_message = "A role that deploys may change the roles of pipelines."
  }
  assert {
    condition = alltrue(flatten([
      for one in aws_iam_role_policy.not_itself : [
        for role in aws_iam_role.this : anytrue([
          for pattern in jsondecode(one.policy).Statement[0].Resource :
          can(regex("^${replace(pattern, "*", ".*")}$", "arn:aws:iam::123456789012:role${role.path}${role.name}"))
        ])
      ]
    ]))
    error_message = "A role of a pipeline is not protected."
  }
  assert {
    condition = !anytrue(flatten([
      for pattern in jsondecode(aws_iam_role_policy.not_itself["dev-deploy"].policy).Statement[0].Resource : [
        for name in ["orders", "release-hook", "codedeploy", "backup", "x_deploy", "deploy_plan"] :
        can(regex("^${replace(pattern, "*", ".*")}$", "arn:aws:iam::123456789012:role/platform/${local.name}-dev-${name}-eu-central-1"))
      ]
    ]))
    error_message = "A role of a deployment cannot be created."
  }
}

run "only_the_own_zone_can_be_changed" {
  command = plan

  variables {
    environments = { dev = {}, prod = { zone_id = "Z0123456789ABC" } }
  }
  assert {
    condition     = strcontains(aws_iam_policy.this["prod-deploy-identity"].policy, ":hostedzone/Z0123456789ABC\"") && strcontains(aws_iam_policy.this["dev-deploy-identity"].policy, ":hostedzone/none\"")
    error_message = "A role may change the records of another environment's domain."
  }
  assert {
    condition     = alltrue([for one in aws_iam_policy.this : !strcontains(one.policy, ":hostedzone/*")])
    error_message = "A role may change the records of any domain."
  }
}

run "existing_identity_provider_is_used" {
  command = plan

  variables {
    create_oidc_provider = false
  }
  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0 && local.provider_arn == "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    error_message = "An account can have only one identity provider of GitHub."
  }
}

run "pattern_of_another_environment_is_rejected" {
  command = plan

  variables {
    environments = { preview = { match = "pr*" }, prod = {} }
  }
  expect_failures = [var.environments]
}

run "pattern_that_ends_in_a_digit_is_rejected" {
  command = plan

  variables {
    environments = { preview = { match = "pull1*" } }
  }
  expect_failures = [var.environments]
}

run "pattern_of_the_state_of_the_bootstrap_is_rejected" {
  command = plan

  variables {
    environments = { preview = { match = "boot*" } }
  }
  expect_failures = [var.environments]
}

run "zone_with_a_wildcard_is_rejected" {
  command = plan

  variables {
    environments = { dev = { zone_id = "*" } }
  }
  expect_failures = [var.environments]
}

run "wildcard_repository_is_rejected" {
  command = plan

  variables {
    repository = "octo-org/*"
  }
  expect_failures = [var.repository]
}
