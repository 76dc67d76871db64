# What an account needs once, before the first environment: where the state and the zips are kept (buckets.tf), who may
# deploy (identity.tf, roles.tf), and what the created functions may do at most (boundary.tf). Only an account of its own
# isolates an environment: within one, the role that deploys dev can delete the APIs, domains and certificates of prod
# (docs/production.md). The values of the variables are in accounts/<account>-<region>.tfvars, which the first
# `make bootstrap` writes: keep it in Git, because a run without it takes back what an earlier run created.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  product   = jsondecode(file("${path.root}/../../product.json"))
  name      = local.product.name # `make plan` finds buckets and boundaries by it
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id
  suffix    = "${local.account}-${local.region}"
}
