# What roles that a deployment creates may do at most. Only plans, as in bootstrap.tftest.hcl.
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

run "boundary_ends_at_its_environment" {
  command = plan

  assert {
    condition     = { for name, one in aws_iam_policy.boundary : name => one.name }["preview"] == "${local.name}-boundary-pull_-eu-central-1"
    error_message = "`make plan` does not find the boundary of a pull request's environment."
  }
  assert {
    condition = alltrue(flatten([
      for name, one in aws_iam_policy.boundary : [
        for resource in flatten(jsondecode(one.policy).Statement[*].Resource) :
        resource == "*" || strcontains(resource, ":key/") || strcontains(resource, "${local.name}-${name == "preview" ? "pull*" : name}-")
        || endswith(resource, ":backup-vault:${local.name}-${name == "preview" ? "pull*" : name}")
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

run "only_the_own_keys_can_be_used" {
  command = plan

  variables {
    environments = {
      dev  = {}
      prod = { kms_key_arns = ["arn:aws:kms:eu-central-1:123456789012:key/one", "arn:aws:kms:eu-central-1:123456789012:key/two"] }
    }
  }
  assert {
    condition     = toset([for policy in keys(aws_iam_policy.this) : policy if endswith(policy, "-keys")]) == toset(["prod-deploy-keys", "prod-plan-keys"])
    error_message = "A role may use keys, although its environment has none."
  }
  assert {
    condition = alltrue([
      for one in jsondecode(aws_iam_policy.this["prod-deploy-keys"].policy).Statement :
      one.Resource == ["arn:aws:kms:eu-central-1:123456789012:key/one", "arn:aws:kms:eu-central-1:123456789012:key/two"]
    ])
    error_message = "A role may use other keys than those of its environment."
  }
  assert {
    condition     = !strcontains(aws_iam_policy.boundary["dev"].policy, "kms:")
    error_message = "A created role may use keys, although its environment has none."
  }
  assert {
    condition = {
      for one in jsondecode(aws_iam_policy.boundary["prod"].policy).Statement : one.Sid => one.Resource if strcontains(join(" ", one.Action), "kms:")
      } == {
      for sid in ["UseKeys", "DescribeKeys", "GrantKeysToServices"] : sid => ["arn:aws:kms:eu-central-1:123456789012:key/one", "arn:aws:kms:eu-central-1:123456789012:key/two"]
    }
    error_message = "A created role may use other keys than those of its environment."
  }
  assert {
    condition = [
      for one in jsondecode(aws_iam_policy.boundary["prod"].policy).Statement : one.Condition.StringEquals["kms:ViaService"] if one.Sid == "UseKeys"
    ] == [["dynamodb.eu-central-1.amazonaws.com", "lambda.eu-central-1.amazonaws.com", "secretsmanager.eu-central-1.amazonaws.com"]]
    error_message = "A created role may use its keys by itself, not only through AWS's services."
  }
}

run "key_with_a_wildcard_is_rejected" {
  command = plan

  variables {
    environments = { dev = { kms_key_arns = ["arn:aws:kms:eu-central-1:123456789012:key/*"] } }
  }
  expect_failures = [var.environments]
}

run "boundary_allows_backups_of_own_tables" {
  command = plan

  # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForBackup.html
  assert {
    condition = length(setsubtract(
      ["dynamodb:CreateBackup", "dynamodb:DescribeTable", "dynamodb:ListTagsOfResource", "dynamodb:StartAwsBackupJob"],
      flatten([for one in local.boundaries["prod"] : one.Action if contains(one.Resource, "arn:aws:dynamodb:eu-central-1:123456789012:table/${local.name}-prod-*")])
    )) == 0
    error_message = "The role of AWS Backup has the boundary, too, so its backups would fail."
  }

  # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForRestores.html
  assert {
    condition = toset(flatten([for one in local.boundaries["prod"] : one.Action if one.Sid == "UseKeys"])) == toset([
      "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom",
      "kms:ReEncryptTo",
    ])
    error_message = "The role of AWS Backup has the boundary, too, so its restores of encrypted tables would fail."
  }
}
