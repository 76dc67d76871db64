# Repositories for services whose functions are images (docs/images.md). They are the account's, not an environment's, so
# that prod deploys the digest that staging ran.

variable "image_services" {
  description = "Services that are deployed as images somewhere: each gets a repository, called <name>/<service>."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for service in var.image_services : can(regex("^[a-z][a-z0-9_]{1,19}$", service))])
    error_message = "image_services must be names of services: 2 to 20 lower-case letters, digits or underscores, a letter first."
  }
}

variable "image_reader_accounts" {
  description = "Ids of other accounts that deploy these images, in the same region."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for account in var.image_reader_accounts : can(regex("^[0-9]{12}$", account))])
    error_message = "image_reader_accounts must be ids of accounts, each with 12 digits."
  }
}

module "images" {
  source   = "../modules/ecr"
  for_each = var.image_services

  name            = "${local.name}/${each.key}"
  reader_accounts = var.image_reader_accounts
}

locals {
  pulled = concat(
    values(module.images)[*].arn,
    [for account in var.artefact_account[*] : "arn:${local.partition}:ecr:${local.region}:${account}:repository/${local.name}/*"],
  )
}

# Lambda reads an image with the permissions of its caller when a function is created or updated, from another account if
# the repository's policy allows it, too (modules/ecr): https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
data "aws_iam_policy_document" "images" {
  for_each = { for role, one in local.roles : role => one if one.kind == "deploy" && length(local.pulled) > 0 }

  statement {
    sid       = "PullImages"
    actions   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = local.pulled
  }

  # Tags are immutable, so an image that was pushed stays as it is.
  # https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
  dynamic "statement" {
    for_each = var.environments[each.value.environment].publishes ? [true] : []

    content {
      sid = "PushImages"
      actions = [
        "ecr:BatchCheckLayerAvailability",
        "ecr:CompleteLayerUpload",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
      ]
      resources = values(module.images)[*].arn
    }
  }

  dynamic "statement" {
    for_each = var.environments[each.value.environment].publishes ? [true] : []

    content {
      sid     = "LogDockerIn"
      actions = ["ecr:GetAuthorizationToken"]
      # It does not support resources.
      resources = ["*"]
    }
  }
}

resource "aws_iam_role_policy" "images" {
  for_each = data.aws_iam_policy_document.images

  name   = "images"
  role   = aws_iam_role.this[each.key].id
  policy = each.value.json
}

output "image_repositories" {
  description = "Service => address of its repository, without a tag."
  value       = { for service, repository in module.images : service => repository.url }
}
