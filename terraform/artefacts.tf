# Where the zips come from: from dist_dir, or from the bucket that `make publish` uploads a release to.

variable "artefacts" {
  description = "The bucket of published zips, and the id of the release that is deployed from it. Null means the zips in dist_dir."
  type = object({
    bucket  = string
    release = string
  })
  default = null
}

data "aws_s3_object" "release" {
  count = var.artefacts == null ? 0 : 1

  bucket = var.artefacts.bucket
  key    = "releases/${var.artefacts.release}.json"

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needed_zips, keys(jsondecode(self.body)))) == 0
      error_message = "Release ${var.artefacts.release} was published without ${join(", ", setsubtract(local.needed_zips, keys(jsondecode(self.body))))}. Package and publish another release."
    }
  }
}

locals {
  needed_zips = concat(
    ["${var.architecture}/common-layer.zip"],
    var.release.strategy == "direct" ? [] : ["${var.architecture}/release-hook.zip"],
    [for architecture in local.other_architectures : "${architecture}/common-layer.zip"],
    [for service, sizing in local.sizing : "${sizing.architecture}/${service}.zip" if local.images[service] == null],
  )

  # "<architecture>/<zip>" => where it is in the bucket, and its SHA-256 in base64: `hash` is what Lambda must report.
  published = var.artefacts == null ? {} : {
    for zip, one in jsondecode(data.aws_s3_object.release[0].body) : zip => merge(one, { bucket = var.artefacts.bucket })
  }
}

output "published_release" {
  description = "Id of the deployed release; null if the zips of dist_dir are deployed."
  value       = try(var.artefacts.release, null)
}
