# Backups in addition to point-in-time recovery, which ends after 35 days and with the table. docs/restore.md compares them.

variable "backup" {
  description = "Backups of all tables by AWS Backup: schedule as a cron expression in UTC, and keep_days, after which AWS deletes a backup. Null: no backups. The roles of terraform/bootstrap allow it, but do not delete backups (docs/restore.md)."
  type = object({
    schedule  = optional(string, "cron(0 3 * * ? *)")
    keep_days = optional(number, 35)
  })
  default = null
}

module "backup" {
  source = "./modules/backup"
  count  = var.backup == null ? 0 : 1

  name        = local.prefix
  table_arns  = [for table in values(local.tables) : table.arn]
  schedule    = var.backup.schedule
  keep_days   = var.backup.keep_days
  role        = { path = var.role_path, permissions_boundary_arn = var.permissions_boundary_arn }
  kms_key_arn = var.kms_key_arn

  force_destroy = !var.deletion_protection
}
