# Lambda's quota of concurrent executions, which all functions of the account share in a region. It is 1,000 by default,
# but 10 in many new accounts.

variable "account_concurrency" {
  description = "Lambda's quota \"Concurrent executions\" of this account and region. Null: every plan reads it, which needs servicequotas:GetServiceQuota and GetAWSDefaultServiceQuota."
  type        = number
  default     = null

  validation {
    condition     = var.account_concurrency == null ? true : var.account_concurrency >= 1 && floor(var.account_concurrency) == var.account_concurrency
    error_message = "account_concurrency must be a whole number of at least 1, or null."
  }
}

data "aws_servicequotas_service_quota" "concurrency" {
  count = var.account_concurrency == null ? 1 : 0

  service_code = "lambda"
  quota_code   = "L-B99A9384"
}

locals {
  # Lambda rejects reservations that leave less than this to functions without one:
  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
  never_reserved = 100

  account_concurrency    = var.account_concurrency != null ? var.account_concurrency : data.aws_servicequotas_service_quota.concurrency[0].value
  reserved_concurrency   = sum(concat([0], [for service in module.service : max(0, service.reserved_concurrency)]))
  unreserved_concurrency = local.account_concurrency - local.reserved_concurrency

  # What Lambda provisions out of the unreserved rest. Where Terraform moves the alias, a release provisions the new version
  # before the old one ends; where CodeDeploy does, the alias keeps its number.
  provisioned_concurrency = sum(concat([0], [
    for sizing in local.sizing : (var.release.strategy == "direct" ? 2 : 1) * max(concat(
      sizing.provisioned_concurrency[*].executions,
      values(sizing.provisioned_concurrency.schedules)[*].executions,
      sizing.provisioned_concurrency.tracking[*].most,
    )...) if sizing.reserved_concurrency < 0
  ]))

  # A burst that finds no free execution fails in Lambda, whose error the API passes on as a 503.
  throttling = merge(var.throttling, { burst_limit = coalesce(var.throttling.burst_limit, min(100, local.account_concurrency)) })
}

check "account_concurrency" {
  assert {
    condition     = local.account_concurrency > local.never_reserved
    error_message = "This account runs at most ${local.account_concurrency} functions at the same time in ${local.region}, so nothing can be reserved, and more requests than that fail. Ask for more: https://console.aws.amazon.com/servicequotas/home/services/lambda/quotas/L-B99A9384"
  }
}

output "concurrency" {
  description = "Concurrent executions of the account in this region: all, those that this stack reserves, and the rest."
  value = {
    account    = local.account_concurrency
    reserved   = local.reserved_concurrency
    unreserved = local.unreserved_concurrency
  }

  precondition {
    condition     = local.reserved_concurrency == 0 || local.unreserved_concurrency >= local.never_reserved
    error_message = "sizing reserves ${local.reserved_concurrency} of the account's ${local.account_concurrency} concurrent executions. Lambda leaves at least ${local.never_reserved} to functions without a reservation. Reserve at most ${max(0, local.account_concurrency - local.never_reserved)} in total, or ask for a higher quota."
  }

  precondition {
    condition     = local.provisioned_concurrency == 0 || local.unreserved_concurrency - local.provisioned_concurrency >= local.never_reserved
    error_message = "sizing provisions up to ${local.provisioned_concurrency} of the ${local.unreserved_concurrency} concurrent executions that are not reserved, those of two versions with the strategy direct. Lambda leaves at least ${local.never_reserved} to functions without a reservation. Provision at most ${max(0, local.unreserved_concurrency - local.never_reserved)} in total, or ask for a higher quota."
  }
}
