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
  name       = "shop"
  repository = "octo-org/octo-repo"
}

run "buckets_are_private_and_keep_versions" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this["state"].bucket == "shop-state-123456789012-eu-central-1"
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
    condition     = local.roles["prod-deploy"].subjects == ["repo:octo-org/octo-repo:environment:prod"]
    error_message = "Only jobs in the environment prod may deploy it."
  }
  assert {
    condition     = local.roles["prod-plan"].subjects == ["repo:octo-org/octo-repo:environment:prod-plan"]
    error_message = "Jobs of pull requests need the GitHub environment prod-plan, which its settings restrict."
  }
  assert {
    condition     = local.roles["dev-plan"].subjects == ["repo:octo-org/octo-repo:environment:dev-plan", "repo:octo-org/octo-repo:pull_request"]
    error_message = "Pull requests plan dev."
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
    condition     = strcontains(aws_iam_policy.this["prod-deploy-identity"].policy, "arn:aws:iam::123456789012:policy/shop-boundary-prod-eu-central-1")
    error_message = "The role may create roles without the boundary."
  }
  assert {
    condition     = strcontains(aws_iam_policy.this["prod-deploy-data"].policy, "table/shop-prod-*") && strcontains(aws_iam_policy.this["preview-deploy-data"].policy, "table/shop-pull*-*")
    error_message = "A role may change another environment's tables."
  }
  assert {
    condition     = alltrue([for role in keys(aws_iam_role.this) : length([for one in local.policies : one if one.role == role]) <= 10])
    error_message = "A role has more than 10 managed policies."
  }
}

run "boundary_ends_at_its_environment" {
  command = plan

  assert {
    condition     = { for name, one in aws_iam_policy.boundary : name => one.name }["preview"] == "shop-boundary-pull+-eu-central-1"
    error_message = "`make plan` does not find the boundary of a pull request's environment."
  }
  assert {
    condition = alltrue(flatten([
      for name, one in aws_iam_policy.boundary : [
        for resource in flatten(jsondecode(one.policy).Statement[*].Resource) :
        resource == "*" || strcontains(resource, ":key/") || strcontains(resource, "shop-${name == "preview" ? "pull*" : name}-")
        || endswith(resource, ":backup-vault:shop-${name == "preview" ? "pull*" : name}")
      ]
    ]))
    error_message = "A boundary reaches another environment's resources."
  }
  assert {
    condition = alltrue([
      for name in ["dev", "preview", "staging"] :
      strcontains(aws_iam_policy.this["${name}-deploy-identity"].policy, aws_iam_policy.boundary[name].name)
      && !strcontains(aws_iam_policy.this["${name}-deploy-identity"].policy, aws_iam_policy.boundary["prod"].name)
    ])
    error_message = "A role may create roles with another environment's boundary."
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

run "boundary_allows_backups_of_own_tables" {
  command = plan

  # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForBackup.html
  assert {
    condition = length(setsubtract(
      ["dynamodb:CreateBackup", "dynamodb:DescribeTable", "dynamodb:ListTagsOfResource", "dynamodb:StartAwsBackupJob"],
      flatten([for one in local.boundaries["prod"] : one.Action if contains(one.Resource, "arn:aws:dynamodb:eu-central-1:123456789012:table/shop-prod-*")])
    )) == 0
    error_message = "The role of AWS Backup has the boundary, too, so its backups would fail."
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
