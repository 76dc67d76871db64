# Per environment a role that plans and a role that deploys. What they may do on the product's resources is in policies/,
# which `make deploy-policy` writes; the buckets of this root are added here.

locals {
  # A policy is at most 6,144 characters, so each part is one of its own.
  policies = merge([
    for role, one in local.roles : {
      for part, statements in jsondecode(templatefile("${path.module}/policies/${one.kind}.json.tftpl", {
        account   = local.account
        boundary  = local.boundary_arns[one.environment]
        name      = local.prefixes[one.environment]
        partition = local.partition
        product   = local.name
        region    = local.region
        role_path = var.role_path
        # No zone has this id.
        zone = coalesce(var.environments[one.environment].zone_id, "none")
        # The elements of a list in JSON.
        kms_keys = join("\", \"", var.environments[one.environment].kms_key_arns)
      })) : "${role}-${part}" => { role = role, part = part, statements = statements }
      if part != "keys" || length(var.environments[one.environment].kms_key_arns) > 0
    }
  ]...)

  state_keys = {
    for name, one in var.environments : name =>
    "arn:${local.partition}:s3:::${local.buckets.state}/${coalesce(one.match, name)}/terraform.tfstate"
  }
}

resource "aws_iam_role" "this" {
  for_each = local.roles

  name                 = "${local.name}-${each.key}-${local.region}"
  path                 = var.role_path
  description          = "For workflows of ${var.repository}: ${each.value.kind} ${local.name}-${each.value.environment}."
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  max_session_duration = 7200 # the slowest shift of traffic takes 90 minutes
}

resource "aws_iam_policy" "this" {
  for_each = local.policies

  name   = "${local.name}-${each.key}-${local.region}"
  path   = var.role_path
  policy = jsonencode({ Version = "2012-10-17", Statement = each.value.statements })
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = local.policies

  role       = aws_iam_role.this[each.value.role].name
  policy_arn = aws_iam_policy.this[each.key].arn
}

# The names of these roles match the pattern of the roles that a deployment creates, and so do those of another region. No
# service can be called deploy or plan (modules/service_files), so that nothing else is denied.
resource "aws_iam_role_policy" "not_itself" {
  for_each = { for role, one in local.roles : role => one if one.kind == "deploy" }

  name = "not-itself"
  role = aws_iam_role.this[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "KeepRolesOfPipelines"
      Effect   = "Deny"
      Action   = ["iam:*"]
      Resource = [for kind in ["deploy", "plan"] : "arn:${local.partition}:iam::${local.account}:role${var.role_path}${local.name}-*-${kind}-*"]
    }]
  })
}

# https://developer.hashicorp.com/terraform/language/backend/s3#permissions-required
data "aws_iam_policy_document" "buckets" {
  for_each = local.roles

  statement {
    sid       = "FindState"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.this["state"].arn]
  }

  # Without it, S3 denies what does not exist, so that a release that was not published looks forbidden:
  # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
  statement {
    sid       = "FindReleases"
    actions   = ["s3:ListBucket"]
    resources = [local.release_arn]
  }

  statement {
    sid       = "ReadState"
    actions   = ["s3:GetObject"]
    resources = [local.state_keys[each.value.environment], "${local.state_keys[each.value.environment]}.tflock"]
  }

  dynamic "statement" {
    for_each = each.value.kind == "deploy" ? [true] : []

    content {
      sid       = "WriteState"
      actions   = ["s3:PutObject"]
      resources = [local.state_keys[each.value.environment]]
    }
  }

  statement {
    sid       = "LockState"
    actions   = ["s3:PutObject", "s3:DeleteObject"]
    resources = ["${local.state_keys[each.value.environment]}.tflock"]
  }

  # Lambda reads the zips with the permissions of its caller.
  statement {
    sid       = "ReadArtefacts"
    actions   = local.read_release
    resources = ["${local.release_arn}/*"]
  }

  # Keys are written once: see the bucket's policy.
  dynamic "statement" {
    for_each = each.value.kind == "deploy" && var.environments[each.value.environment].publishes ? [true] : []

    content {
      sid       = "PublishArtefacts"
      actions   = ["s3:PutObject"]
      resources = ["${aws_s3_bucket.this["artefacts"].arn}/*"]
    }
  }
}

resource "aws_iam_role_policy" "buckets" {
  for_each = local.roles

  name   = "buckets"
  role   = aws_iam_role.this[each.key].id
  policy = data.aws_iam_policy_document.buckets[each.key].json
}
