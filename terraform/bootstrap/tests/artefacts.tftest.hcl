# Releases that pass from the account that publishes to an account that only deploys.
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

run "account_reads_its_own_releases_only" {
  command = plan

  assert {
    condition     = [for one in data.aws_iam_policy_document.bucket["artefacts"].statement : one.sid] == ["OnlyTls", "OnlyNewKeys"]
    error_message = "Another account may read the zips."
  }
  assert {
    condition = alltrue([
      for document in data.aws_iam_policy_document.buckets : {
        for one in document.statement : one.sid => one.resources if contains(["FindReleases", "ReadArtefacts"], one.sid)
        } == {
        FindReleases  = toset(["arn:aws:s3:::${local.buckets.artefacts}"])
        ReadArtefacts = toset(["arn:aws:s3:::${local.buckets.artefacts}/*"])
      }
    ])
    error_message = "A role reads other zips than those of its account."
  }
}

run "named_accounts_read_but_do_not_write" {
  command = plan
  variables {
    artefact_reader_accounts = ["111122223333"]
    image_services           = ["orders"]
    image_reader_accounts    = ["111122223333"]
  }

  assert {
    condition = {
      for one in data.aws_iam_policy_document.bucket["artefacts"].statement : one.sid => {
        actions   = one.actions
        resources = one.resources
        from      = flatten([for principal in one.principals : tolist(principal.identifiers)])
      } if coalesce(one.effect, "Allow") == "Allow"
      } == {
      AccountsReadReleases = {
        actions   = toset(["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging"])
        resources = toset(["arn:aws:s3:::${local.buckets.artefacts}/*"])
        from      = ["arn:aws:iam::111122223333:root"]
      }
      AccountsFindReleases = {
        actions   = toset(["s3:ListBucket"])
        resources = toset(["arn:aws:s3:::${local.buckets.artefacts}"])
        from      = ["arn:aws:iam::111122223333:root"]
      }
    }
    error_message = "The account may do more or less than read releases."
  }
  assert {
    condition     = length(data.aws_iam_policy_document.bucket["state"].statement) == 1
    error_message = "The account may read states, which have secrets of other environments."
  }
}

run "roles_deploy_what_another_account_publishes" {
  command = plan
  variables {
    environments     = { prod = {} }
    artefact_account = "111122223333"
  }

  assert {
    condition = alltrue([
      for role in ["prod-plan", "prod-deploy"] : {
        for one in data.aws_iam_policy_document.buckets[role].statement : one.sid => one.resources
        if contains(["FindReleases", "PublishArtefacts", "ReadArtefacts"], one.sid)
        } == {
        FindReleases  = toset(["arn:aws:s3:::${local.name}-artefacts-111122223333-eu-central-1"])
        ReadArtefacts = toset(["arn:aws:s3:::${local.name}-artefacts-111122223333-eu-central-1/*"])
      }
    ])
    error_message = "A role does not read the zips of the account that publishes, or may do more there."
  }
  assert {
    condition     = output.artefact_bucket == "${local.name}-artefacts-111122223333-eu-central-1"
    error_message = "The output is another bucket than that of the account that publishes."
  }
  assert {
    condition     = join(" ", keys(data.aws_iam_policy_document.images)) == "prod-deploy"
    error_message = "Only the role that deploys reads images."
  }
  assert {
    condition = (
      one(data.aws_iam_policy_document.images["prod-deploy"].statement).actions == toset(["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"])
      && one(data.aws_iam_policy_document.images["prod-deploy"].statement).resources == toset(["arn:aws:ecr:eu-central-1:111122223333:repository/${local.name}/*"])
    )
    error_message = "The role cannot pull the images of the account that publishes, or may do more there."
  }
}

run "account_that_deploys_what_another_publishes_does_not_publish" {
  command = plan
  variables {
    environments     = { staging = { publishes = true } }
    artefact_account = "111122223333"
  }
  expect_failures = [var.artefact_account]
}

run "other_ids_than_those_of_accounts_are_rejected" {
  command = plan
  variables {
    environments             = { prod = {} }
    artefact_account         = "*"
    artefact_reader_accounts = ["arn:aws:iam::111122223333:root"]
  }
  expect_failures = [var.artefact_account, var.artefact_reader_accounts]
}
