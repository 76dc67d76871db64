# Over how many index keys lists are spread: docs/decisions/0044.

variable "list_shards" {
  description = "Over how many keys of its index each list of a service is spread, because one key takes 1,000 write units a second: new items over `written`, and a page is read from `read`, by one query for each. To spread lists over more keys, raise `read`, apply, then raise `written`. `written` may be lowered again; `read` never, because items under its other keys would no longer be listed."
  type = object({
    written = optional(number, 1)
    read    = optional(number, 1)
  })
  default  = {}
  nullable = false

  validation {
    # Beyond that, the queries of a page take too long, and a table's own quota is 40,000 write units a second.
    condition     = alltrue([for number in values(var.list_shards) : number >= 1 && number <= 64 && floor(number) == number]) && var.list_shards.written <= var.list_shards.read
    error_message = "list_shards must be whole numbers from 1 to 64, and `written` must not be more than `read`: items under the other keys would not be listed."
  }
}

locals {
  # Without the setting there is one key.
  list_variables = var.list_shards.read > 1 ? { LIST_SHARDS = jsonencode(var.list_shards) } : {}
}
