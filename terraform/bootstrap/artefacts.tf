# Where releases come from: this account, or the one that publishes them, so that an environment in an account of its own
# deploys the very zips and images that passed staging. Both accounts must allow it:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-cross-account-resource-access.html

variable "artefact_account" {
  description = "Id of the account that publishes what is deployed here: zips in its artefact bucket, images in its repositories. Null means this account. The environment's file then needs artefact_bucket."
  type        = string
  default     = null

  validation {
    condition     = var.artefact_account == null || can(regex("^[0-9]{12}$", var.artefact_account))
    error_message = "artefact_account must be the id of an account, with 12 digits."
  }

  validation {
    condition     = var.artefact_account == null || !anytrue([for one in var.environments : one.publishes])
    error_message = "artefact_account: no environment of this account can publish, because nothing is deployed from its bucket."
  }
}

variable "artefact_reader_accounts" {
  description = "Ids of other accounts that deploy the zips published here, in the same region. For images: image_reader_accounts."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for account in var.artefact_reader_accounts : can(regex("^[0-9]{12}$", account))])
    error_message = "artefact_reader_accounts must be ids of accounts, each with 12 digits."
  }
}

locals {
  release_account = coalesce(var.artefact_account, local.account)
  release_bucket  = "${local.name}-artefacts-${local.release_account}-${local.region}"
  release_arn     = "arn:${local.partition}:s3:::${local.release_bucket}"
  artefact_readers = [
    for account in var.artefact_reader_accounts : "arn:${local.partition}:iam::${account}:root"
  ]
  # What Terraform and, with the permissions of its caller, Lambda read of a release.
  read_release = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging"]
}
