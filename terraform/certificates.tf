# By which certificates the functions recognise AWS. Each new connection reads the whole file, so five roots instead of
# 126 make the first request faster: docs/decisions/0042.

variable "ca_bundle" {
  description = "Certificates by which the functions recognise AWS (AWS_CA_BUNDLE). amazon: the roots of Amazon Trust Services. all: the roots that botocore has. Or a PEM file in the layer or the function's zip, for a private CA: /opt/python/common/... or /var/task/<service>/... Null: amazon in the partition aws, all in others (China, GovCloud ...)."
  type        = string
  default     = null

  validation {
    condition     = var.ca_bundle == null ? true : can(regex("^(amazon|all|(/opt|/var/task)/[^ ]+)$", var.ca_bundle))
    error_message = "ca_bundle must be amazon, all, or the path of a PEM file in the layer (/opt/...) or the function's zip (/var/task/...)."
  }
}

data "aws_partition" "current" {}

locals {
  ca_bundle = coalesce(var.ca_bundle, data.aws_partition.current.partition == "aws" ? "amazon" : "all")
  ca_variables = local.ca_bundle == "all" ? {} : {
    AWS_CA_BUNDLE = local.ca_bundle == "amazon" ? "/opt/python/common/amazon_roots.pem" : local.ca_bundle
  }
}
