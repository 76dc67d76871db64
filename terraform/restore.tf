# Tables that were restored from a point in time or a backup, and take the place of a service's own table. docs/restore.md
# has the steps.

variable "restored_tables" {
  description = "Service => name of the restored table that its function shall use, which Terraform then manages. former lists tables that were restored before and are kept. keep_original = false deletes the service's own table. A table that is deleted must not be protected against it."
  type = map(object({
    name          = string
    former        = optional(list(string), [])
    keep_original = optional(bool, true)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(setsubtract(keys(var.restored_tables), keys(local.services))) == 0
    error_message = "restored_tables: there is no service ${join(", ", setsubtract(keys(var.restored_tables), keys(local.services)))}. Services: ${join(", ", sort(keys(local.services)))}."
  }

  validation {
    # The roles reach no other tables. Another environment with the same file must not take this one's table over.
    condition     = alltrue([for name in flatten([for table in values(var.restored_tables) : [table.name, table.former]]) : startswith(name, "${local.prefix}-") && can(regex("^[A-Za-z0-9_.-]{3,255}$", name))])
    error_message = "restored_tables: a table's name begins with ${local.prefix}-, and has up to 255 letters, digits, dots, dashes or underscores."
  }
}

locals {
  # "<service>/<table>" => both, so that another restore adds a table and replaces none.
  restored = merge([
    for service, table in var.restored_tables : { for name in concat([table.name], table.former) : "${service}/${name}" => { service = service, name = name } }
  ]...)
}

module "restored_table" {
  source   = "./modules/dynamodb_table"
  for_each = local.restored

  name                = each.value.name
  schema_file         = "${local.services_dir}/${each.value.service}/table.json"
  deletion_protection = var.deletion_protection
  kms_key_arn         = var.kms_key_arn
}

# A restored table has neither expiry nor point-in-time recovery, protection or tags. The import lets the same apply add
# them: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/pointintimerecovery_beforeyoubegin.html
import {
  for_each = local.restored
  to       = module.restored_table[each.key].aws_dynamodb_table.this
  id       = each.value.name
}

locals {
  # The table that each service uses.
  tables = {
    for service, table in merge(module.table, { for service, table in var.restored_tables : service => module.restored_table["${service}/${table.name}"] }) : service => {
      name        = table.name
      arn         = table.arn
      index_arns  = table.index_arns
      index_names = table.index_names
    }
  }

  # The tables that each service's role may use. Until the new version has all traffic, the one before it uses the
  # table before, also after a rollback.
  granted = {
    for service in keys(local.services) : service => concat(
      [for key, table in module.restored_table : table if local.restored[key].service == service],
      [for name, table in module.table : table if name == service],
    )
  }
}
