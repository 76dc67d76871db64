# A Lambda layer from a zip: what every service imports and none packages.

resource "aws_lambda_layer_version" "this" {
  layer_name               = var.name
  filename                 = var.zip
  source_code_hash         = fileexists(var.zip) ? filebase64sha256(var.zip) : null # destroy needs no zip
  compatible_runtimes      = ["python3.13"]
  compatible_architectures = [var.architecture]

  lifecycle {
    # Functions keep the old version until they have the new one.
    create_before_destroy = true

    precondition {
      condition     = fileexists(var.zip)
      error_message = "There is no ${var.zip}: run `pants package ::` first."
    }
  }
}
