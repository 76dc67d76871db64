# Scheduled backups of tables. moto lacks backup selections, so nothing of this is applied to the embedded AWS.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/shop-prod-backup-eu-central-1" }
  }
}

variables {
  name       = "shop-prod"
  table_arns = ["arn:aws:dynamodb:eu-central-1:123456789012:table/shop-prod-orders"]
  schedule   = "cron(0 3 * * ? *)"
  keep_days  = 90
}

run "plan_backs_up_exactly_the_tables" {
  command = apply
  module { source = "./modules/backup" }

  assert {
    condition = (
      one(aws_backup_plan.this.rule).schedule == "cron(0 3 * * ? *)" &&
      one(aws_backup_plan.this.rule).lifecycle[0].delete_after == 90 &&
      one(aws_backup_plan.this.rule).target_vault_name == "shop-prod"
    )
    error_message = "The rule is wrong."
  }
  assert {
    condition     = !aws_backup_vault.this.force_destroy
    error_message = "By default the backups must protect the vault."
  }
  assert {
    condition     = aws_backup_selection.this.resources == toset(["arn:aws:dynamodb:eu-central-1:123456789012:table/shop-prod-orders"])
    error_message = "The selection is wrong."
  }
  assert {
    condition     = aws_iam_role.this.name == "shop-prod-backup-eu-central-1" && jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal == { Service = "backup.amazonaws.com" }
    error_message = "Only AWS Backup may assume the role, whose name includes the region."
  }
  assert {
    condition = toset(values(aws_iam_role_policy_attachment.this)[*].policy_arn) == toset([
      "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
      "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores",
    ])
    error_message = "The role's policies are wrong."
  }
}

run "schedule_that_is_no_expression_and_zero_days_are_rejected" {
  command = plan
  module { source = "./modules/backup" }
  variables {
    schedule  = "daily"
    keep_days = 0
  }
  expect_failures = [var.schedule, var.keep_days]
}

run "rate_is_rejected" {
  command = plan
  module { source = "./modules/backup" }
  variables {
    schedule = "rate(1 day)"
  }
  expect_failures = [var.schedule]
}

run "vault_with_backups_is_deleted_only_when_told" {
  command = plan
  module { source = "./modules/backup" }
  variables {
    force_destroy = true
  }

  assert {
    condition     = aws_backup_vault.this.force_destroy
    error_message = "`make destroy` cannot delete a vault with backups."
  }
}
