# A function is made of a zip on the layer, or of an image that holds the files of both (docs/images.md).

locals {
  is_image = var.package.image != null
  handler  = "${var.service}.handler.handler"
}
