# Tables that were restored from a point in time or a backup, and take the place of a service's own table. docs/restore.md
# has the steps.

variable "restored_tables" {
  description = "Service => name of the restored table that its function shall use, which Terraform then manages. keep_original = false deletes the service's own table, whose deletion protection must be off."
  type = map(object({
    name          = string
    keep_original = optional(bool, true)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(setsubtract(keys(var.restored_tables), keys(local.services))) == 0
    error_message = "restored_tables: there is no service ${join(", ", setsubtract(keys(var.restored_tables), keys(local.services)))}. Services: ${join(", ", sort(keys(local.services)))}."
  }

  validation {
    condition     = alltrue([for table in values(var.restored_tables) : can(regex("^[A-Za-z0-9_.-]{3,255}$", table.name))])
    error_message = "restored_tables: a table's name has 3 to 255 letters, digits, dots, dashes or underscores."
  }
}

module "restored_table" {
  source   = "./modules/dynamodb_table"
  for_each = var.restored_tables

  name                = each.value.name
  schema_file         = "${local.services_dir}/${each.key}/table.json"
  deletion_protection = var.deletion_protection
  kms_key_arn         = var.kms_key_arn
}

# A restored table has neither expiry nor point-in-time recovery, protection or tags. The import lets the same apply add
# them: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/pointintimerecovery_beforeyoubegin.html
import {
  for_each = var.restored_tables
  to       = module.restored_table[each.key].aws_dynamodb_table.this
  id       = each.value.name
}

locals {
  # The table that each service uses.
  tables = {
    for service, table in merge(module.table, module.restored_table) : service => {
      name        = table.name
      arn         = table.arn
      index_arns  = table.index_arns
      index_names = table.index_names
    }
  }

  # The tables that each service's role may use. Until the new version has all traffic, the one before it uses the
  # original, also after a rollback.
  granted = {
    for service in keys(local.services) : service => [
      for table in [try(module.restored_table[service], null), try(module.table[service], null)] : table if table != null
    ]
  }
}
