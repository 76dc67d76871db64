# Two private buckets: the state of every environment, and the zips of every release.

locals {
  buckets = {
    state     = "${local.name}-state-${local.suffix}"
    artefacts = "${local.name}-artefacts-${local.suffix}"
  }
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:Access logs need a further bucket. CloudTrail's data events, where an account has them, show the same calls.
  #checkov:skip=CKV_AWS_144:A copy in another region is the account's own choice. The state can be imported again, the zips packaged again.
  #checkov:skip=CKV_AWS_145:Encrypted with keys that AWS manages for S3. A key of one's own would also have to be granted to every role.
  #checkov:skip=CKV2_AWS_62:No one has to be told about a new state or zip.
  for_each = local.buckets

  bucket = each.value

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.buckets

  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = local.buckets

  # Versioning first: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html
  depends_on = [aws_s3_bucket_versioning.this]

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.state_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

data "aws_iam_policy_document" "bucket" {
  for_each = local.buckets

  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["arn:${local.partition}:s3:::${each.value}", "arn:${local.partition}:s3:::${each.value}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  # A key is the hash of its content, so that it is written once:
  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
  dynamic "statement" {
    for_each = each.key == "artefacts" ? [true] : []

    content {
      sid       = "OnlyNewKeys"
      effect    = "Deny"
      actions   = ["s3:PutObject"]
      resources = ["arn:${local.partition}:s3:::${each.value}/*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      condition {
        test     = "Null"
        variable = "s3:if-none-match"
        values   = ["true"]
      }

      condition {
        test     = "Bool"
        variable = "s3:ObjectCreationOperation"
        values   = ["true"]
      }
    }
  }

  # Which of their roles may do so is decided by their own policies (roles.tf).
  dynamic "statement" {
    for_each = each.key == "artefacts" && length(var.artefact_reader_accounts) > 0 ? [true] : []

    content {
      sid       = "AccountsReadReleases"
      actions   = local.read_release
      resources = ["arn:${local.partition}:s3:::${each.value}/*"]

      principals {
        type        = "AWS"
        identifiers = local.artefact_readers
      }
    }
  }

  dynamic "statement" {
    for_each = each.key == "artefacts" && length(var.artefact_reader_accounts) > 0 ? [true] : []

    content {
      sid       = "AccountsFindReleases"
      actions   = ["s3:ListBucket"]
      resources = ["arn:${local.partition}:s3:::${each.value}"]

      principals {
        type        = "AWS"
        identifiers = local.artefact_readers
      }
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = local.buckets

  # A policy that is written while public access is being blocked may be rejected as conflicting.
  depends_on = [aws_s3_bucket_public_access_block.this]

  bucket = aws_s3_bucket.this[each.key].id
  policy = data.aws_iam_policy_document.bucket[each.key].json
}
