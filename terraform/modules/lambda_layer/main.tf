# A Lambda layer from a zip, with the code that all services import and do not package themselves.

resource "aws_lambda_layer_version" "this" {
  layer_name               = var.name
  filename                 = var.zip
  source_code_hash         = fileexists(var.zip) ? filebase64sha256(var.zip) : null # `terraform destroy` works without zips
  compatible_runtimes      = ["python3.13"]
  compatible_architectures = [var.architecture]

  lifecycle {
    # Functions use the old version until they are updated.
    create_before_destroy = true

    precondition {
      condition     = fileexists(var.zip)
      error_message = "There is no ${var.zip}: run `make package` first."
    }
  }
}
