# One service: its function on the bootstrap layer, its role and its log group; alias.tf has the alias that the API invokes.

# Created before the function, because Lambda would create a group that never expires.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:The environment chooses the retention. These are debug lines, not an audit log.
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

module "role" {
  source = "../execution_role"

  name                     = var.role.name
  path                     = var.role.path
  permissions_boundary_arn = var.role.permissions_boundary_arn
  log_group_arn            = aws_cloudwatch_log_group.this.arn
  grants                   = var.grants
  tables                   = var.tables
  secrets                  = var.secrets
  kms_key_arn              = var.kms_key_arn
}

# Replaced to publish the same code again, after a version whose INIT failed under SnapStart. Lambda publishes nothing if
# code and configuration are unchanged, and Terraform then points the alias at the failed version again and again:
#   terraform apply -replace='module.service["<service>"].terraform_data.publication'
# `make plan` does so by itself (docs/decisions/0031).
resource "terraform_data" "publication" {}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_116:A dead letter queue is for asynchronous events. The API invokes this function synchronously.
  #checkov:skip=CKV_AWS_117:Everything that the function calls has a public endpoint with TLS. A VPC would contain nothing to protect, and needs endpoints or a NAT gateway.
  #checkov:skip=CKV_AWS_272:The pipeline that signs would be the one that deploys, so a signature proves no more than the hash of each zip in the plan.
  function_name     = var.name
  description       = "${var.service}, publication ${terraform_data.publication.id}"
  role              = module.role.arn
  package_type      = local.is_image ? "Image" : "Zip"
  image_uri         = local.is_image ? coalesce(var.package.image.uri, "missing") : null # `terraform destroy` works without images
  filename          = local.is_image || var.package.published != null ? null : var.package.zip
  source_code_hash  = local.is_image ? null : try(var.package.published.hash, filebase64sha256(var.package.zip), null) # `terraform destroy` works without zips
  handler           = local.is_image ? null : local.handler
  runtime           = local.is_image ? null : "python3.13"
  s3_bucket         = local.is_image ? null : try(var.package.published.bucket, null)
  s3_key            = local.is_image ? null : try(var.package.published.key, null)
  s3_object_version = local.is_image ? null : try(var.package.published.version, null)
  architectures     = [var.package.architecture]
  layers            = local.is_image ? null : var.package.layers
  memory_size       = var.sizing.memory_size
  timeout           = var.sizing.timeout
  publish           = true
  kms_key_arn       = var.kms_key_arn

  reserved_concurrent_executions = var.sizing.reserved_concurrency

  environment {
    variables = merge(
      var.environment,
      { for secret, arn in var.secrets : "${upper(secret)}_SECRET_ID" => arn },
      {
        LOG_LEVEL                          = var.sizing.log_level
        POWERTOOLS_METRICS_NAMESPACE       = var.metrics_namespace
        POWERTOOLS_SERVICE_NAME            = var.service
        POWERTOOLS_TRACER_CAPTURE_RESPONSE = "false"
      },
      var.sizing.log_sample_rate > 0 ? { POWERTOOLS_LOGGER_SAMPLE_RATE = tostring(var.sizing.log_sample_rate) } : {},
      var.sizing.tracing == "otel" ? {} : { TRACING = var.sizing.tracing },
    )
  }

  dynamic "image_config" {
    for_each = local.is_image ? [local.handler] : []
    content {
      command = [image_config.value]
    }
  }

  # LOG_LEVEL applies inside the function, so Lambda must not filter the function's lines.
  logging_config {
    log_format            = "JSON"
    application_log_level = "TRACE"
    system_log_level      = "INFO"
    log_group             = aws_cloudwatch_log_group.this.name
  }

  dynamic "snap_start" {
    for_each = var.sizing.snap_start ? ["PublishedVersions"] : []
    content {
      apply_on = snap_start.value
    }
  }

  tracing_config {
    mode = var.sizing.tracing == "off" ? "PassThrough" : "Active"
  }

  lifecycle {
    precondition {
      condition     = local.is_image || var.package.published != null || fileexists(var.package.zip)
      error_message = "There is no ${var.package.zip}: run `make package` first."
    }
    precondition {
      condition     = !local.is_image || try(var.package.image.uri, null) != null
      error_message = "The package of ${var.service} is an image, but its URI is not given: run `make image SERVICE=${var.service}`, then plan with -var-file=../dist/images.tfvars.json."
    }
    precondition {
      condition     = try(var.package.image.uri, null) == null || can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com(\\.cn)?/[a-z0-9._/-]+@sha256:[0-9a-f]{64}$", var.package.image.uri))
      error_message = "The image of ${var.service} must be in ECR and be given by digest, such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com/${var.service}@sha256:..., because a tag does not say which image is deployed. Given: ${try(coalesce(var.package.image.uri), "nothing")}."
    }
    precondition {
      condition     = try(coalesce(var.package.image.architecture), var.package.architecture) == var.package.architecture
      error_message = "The image of ${var.service} was built for ${try(coalesce(var.package.image.architecture), "nothing")}, but its function is for ${var.package.architecture}: build it with LAMBDA_ARCH=${var.package.architecture}, or change the architecture."
    }
    precondition {
      condition     = local.is_image || var.package.packaged_for == null || var.package.packaged_for == var.package.architecture
      error_message = "${var.package.zip} was packaged for ${coalesce(var.package.packaged_for, "another architecture")}, not for ${var.package.architecture}. Run `make package LAMBDA_ARCH=${var.package.architecture}`, or choose the other architecture."
    }
  }
}
