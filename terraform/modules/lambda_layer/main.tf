# A Lambda layer from a zip, with the code that all services import and do not package themselves.

resource "aws_lambda_layer_version" "this" {
  layer_name               = var.name
  filename                 = var.published == null ? var.zip : null
  source_code_hash         = try(var.published.hash, filebase64sha256(var.zip), null) # `terraform destroy` works without zips
  s3_bucket                = try(var.published.bucket, null)
  s3_key                   = try(var.published.key, null)
  s3_object_version        = try(var.published.version, null)
  compatible_runtimes      = ["python3.13"]
  compatible_architectures = [var.architecture]

  lifecycle {
    # Functions use the old version until they are updated.
    create_before_destroy = true

    precondition {
      condition     = var.published != null || fileexists(var.zip)
      error_message = "There is no ${var.zip}: run `make package` first."
    }
    precondition {
      condition     = var.packaged_for == null || var.packaged_for == var.architecture
      error_message = "${var.zip} was packaged for ${coalesce(var.packaged_for, "another architecture")}, not for ${var.architecture}. Run `make package LAMBDA_ARCH=${var.architecture}`, or choose the other architecture."
    }
  }
}
