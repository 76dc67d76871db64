# How each service is packaged. An image holds the same files as the zips: docs/images.md.

variable "packages" {
  description = "Service => zip or image. Omitted services are zips. A change replaces the function, because AWS cannot convert one: see docs/images.md."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.packages), keys(local.services))) == 0
    error_message = "packages: there is no service ${join(", ", setsubtract(keys(var.packages), keys(local.services)))}. Services: ${join(", ", sort(keys(local.services)))}."
  }

  validation {
    condition     = length(setsubtract(values(var.packages), ["image", "zip"])) == 0
    error_message = "packages: a package must be zip or image, not ${join(", ", setsubtract(values(var.packages), ["image", "zip"]))}."
  }
}

variable "images" {
  description = "Service => URI of its image in ECR, by digest, and the architecture that it was built for. `make image` writes them to dist/images.tfvars.json, from where `make publish` takes them into the release. Needed only for an image that is in no release."
  type = map(object({
    uri          = string
    architecture = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.images) : lookup(var.packages, name, "zip") == "image"])
    error_message = "images: ${join(", ", [for name in keys(var.images) : name if lookup(var.packages, name, "zip") != "image"])} would have both a zip and an image. Set packages to image for a service with an image."
  }
}

locals {
  is_image = { for name in keys(local.services) : name => lookup(var.packages, name, "zip") == "image" }

  # The image of each service: from `images`, or else the release's. Null for a zip, and no URI if there is none:
  # `terraform destroy` works without.
  images = {
    for name, sizing in local.sizing : name => local.is_image[name] ? {
      uri          = try(var.images[name].uri, local.published["${sizing.architecture}/${name}.image"].uri, null)
      architecture = try(var.images[name].architecture, sizing.architecture)
    } : null
  }
}
