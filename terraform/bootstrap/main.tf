# What an account needs once, before the first environment: where the state and the zips are kept (buckets.tf), who may
# deploy (identity.tf, roles.tf), and what the created functions may do at most (boundary.tf). Only an account of its own
# isolates an environment: within one, the role that deploys dev can delete the APIs, domains and certificates of prod
# (docs/production.md). Keep the values of the variables in bootstrap.auto.tfvars, because a run without them takes back
# what an earlier run created by them.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  product   = jsondecode(file("${path.root}/../../product.json"))
  name      = coalesce(var.name, local.product.name)
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id
  suffix    = "${local.account}-${local.region}"
}
