# A repository of images, and who may pull from it.

mock_provider "aws" {
  override_data {
    target = data.aws_caller_identity.current
    values = { account_id = "123456789012" }
  }
  override_data {
    target = data.aws_partition.current
    values = { partition = "aws" }
  }
  override_data {
    target = data.aws_region.current
    values = { id = "eu-central-1" }
  }
  # The document is tested by its statements.
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name = "shop/orders"
}

run "images_are_immutable_scanned_encrypted_and_protected" {
  command = plan
  module { source = "./modules/ecr" }

  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.this.image_scanning_configuration[0].scan_on_push && !aws_ecr_repository.this.force_delete
    error_message = "Tags can be moved, images are not scanned, or a repository with images can be deleted."
  }
  assert {
    condition     = aws_ecr_repository.this.encryption_configuration[0].encryption_type == "AES256"
    error_message = "The images are not encrypted with ECR's key."
  }
  assert {
    condition     = jsondecode(aws_ecr_lifecycle_policy.this.policy).rules[*].selection.countType == ["sinceImagePushed", "imageCountMoreThan"] && jsondecode(aws_ecr_lifecycle_policy.this.policy).rules[0].selection.tagStatus == "untagged"
    error_message = "Tagged images expire by age, although a function may use them."
  }
  assert {
    condition     = jsondecode(aws_ecr_lifecycle_policy.this.policy).rules[1].selection.countNumber == 50
    error_message = "The number of kept images is wrong."
  }
}

run "only_lambda_of_this_account_and_region_pulls" {
  command = plan
  module { source = "./modules/ecr" }

  assert {
    condition     = length(data.aws_iam_policy_document.this.statement) == 1 && tolist(data.aws_iam_policy_document.this.statement)[0].actions == toset(["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"])
    error_message = "More is allowed than pulling."
  }
  assert {
    condition     = tolist(tolist(data.aws_iam_policy_document.this.statement)[0].condition)[0].values == tolist(["arn:aws:lambda:eu-central-1:123456789012:function:*"])
    error_message = "Functions of other accounts or regions may pull."
  }
}

run "accounts_that_deploy_the_images_may_pull" {
  command = plan
  module { source = "./modules/ecr" }
  variables {
    reader_accounts = ["210987654321"]
    kms_key_arn     = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    kept_images     = 10
  }

  assert {
    condition     = tolist(tolist(data.aws_iam_policy_document.this.statement)[0].condition)[0].values == tolist([for account in ["123456789012", "210987654321"] : "arn:aws:lambda:eu-central-1:${account}:function:*"])
    error_message = "Lambda may not pull for functions of the other account."
  }
  assert {
    condition     = tolist(tolist(data.aws_iam_policy_document.this.statement)[1].principals)[0].identifiers == toset(["arn:aws:iam::210987654321:root"])
    error_message = "The other account may not read the images that it deploys."
  }
  assert {
    condition     = aws_ecr_repository.this.encryption_configuration[0].encryption_type == "KMS" && aws_ecr_repository.this.encryption_configuration[0].kms_key == var.kms_key_arn
    error_message = "The images are not encrypted with the given key."
  }
}

run "name_count_and_account_are_checked" {
  command = plan
  module { source = "./modules/ecr" }
  variables {
    name            = "Shop"
    kept_images     = 1
    reader_accounts = ["production"]
  }
  expect_failures = [var.name, var.kept_images, var.reader_accounts]
}
