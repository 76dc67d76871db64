# A repository for the images of one service. It must exist before an image is pushed, and the image before its function
# is created, so it belongs to terraform/bootstrap/ and not to the root that creates the functions.

resource "aws_ecr_repository" "this" {
  name                 = var.name
  image_tag_mutability = "IMMUTABLE"
  force_delete         = !var.deletion_protection

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = var.kms_key_arn == null ? "AES256" : "KMS"
    kms_key         = var.kms_key_arn
  }
}

# ECR does not know which images functions use, and Lambda reads an image again after weeks without a request. So only
# newer images expire an image, never its age.
resource "aws_ecr_lifecycle_policy" "this" {
  repository = aws_ecr_repository.this.name
  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "Images without a tag are leftovers of failed pushes."
        selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 7 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "The newest images, for deployments and for going back."
        selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = var.kept_images }
        action       = { type = "expire" }
      },
    ]
  })
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  accounts = distinct(concat([data.aws_caller_identity.current.account_id], var.reader_accounts))
  pull     = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
}

# https://docs.aws.amazon.com/lambda/latest/dg/images-create.html, "Amazon ECR permissions".
data "aws_iam_policy_document" "this" {
  statement {
    sid     = "LambdaPullsImagesOfFunctions"
    actions = local.pull

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values = [
        for account in local.accounts :
        "arn:${data.aws_partition.current.partition}:lambda:${data.aws_region.current.id}:${account}:function:*"
      ]
    }
  }

  # Whoever creates a function from an image of another account must be allowed to read the image.
  dynamic "statement" {
    for_each = length(var.reader_accounts) > 0 ? [var.reader_accounts] : []
    content {
      sid     = "AccountsDeployImages"
      actions = local.pull

      principals {
        type        = "AWS"
        identifiers = [for account in statement.value : "arn:${data.aws_partition.current.partition}:iam::${account}:root"]
      }
    }
  }
}

resource "aws_ecr_repository_policy" "this" {
  repository = aws_ecr_repository.this.name
  policy     = data.aws_iam_policy_document.this.json
}
