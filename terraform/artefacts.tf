# Where the zips come from: from dist_dir, or from the bucket that `make publish` uploads a release to.

variable "artefacts" {
  description = "The bucket of published zips, and the id of the release that is deployed from it. Null means the zips in dist_dir. `make plan` computes it."
  type = object({
    bucket  = string
    release = string
  })
  default = null
}

variable "artefact_bucket" {
  description = "Bucket of published zips in another account, whose terraform/bootstrap has this account in artefact_reader_accounts. Null means that of artefacts."
  type        = string
  default     = null
}

data "aws_s3_object" "release" {
  count = var.artefacts == null ? 0 : 1

  bucket = local.artefact_bucket
  key    = "releases/${var.artefacts.release}.json"

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.needed, keys(jsondecode(self.body)))) == 0
      error_message = "Release ${var.artefacts.release} was published without ${join(", ", setsubtract(local.needed, keys(jsondecode(self.body))))}. Package and publish another release."
    }
  }
}

locals {
  artefact_bucket = var.artefact_bucket != null ? var.artefact_bucket : try(var.artefacts.bucket, null)

  needed = concat(
    ["${var.architecture}/common-layer.zip"],
    var.release.strategy == "direct" ? [] : ["${var.architecture}/release-hook.zip"],
    [for architecture in local.other_architectures : "${architecture}/common-layer.zip"],
    [for service, sizing in local.sizing : "${sizing.architecture}/${service}.zip" if !local.is_image[service]],
    # An image in `images` replaces the release's.
    [for service, sizing in local.sizing : "${sizing.architecture}/${service}.image" if local.is_image[service] && !contains(keys(var.images), service)],
  )

  # "<architecture>/<zip>" => where it is in the bucket, and its SHA-256 in base64: `hash` is what Lambda must report.
  # "<architecture>/<service>.image" => its URI by digest.
  published = var.artefacts == null ? {} : {
    for name, one in jsondecode(data.aws_s3_object.release[0].body) : name => merge(one, { bucket = local.artefact_bucket })
  }
}

output "published_release" {
  description = "Id of the deployed release; null if the zips of dist_dir are deployed."
  value       = try(var.artefacts.release, null)
}
