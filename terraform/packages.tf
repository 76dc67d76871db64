# The zips of each service: those of its architecture, on the layer of the same architecture.

locals {
  # The zips of the environment's architecture are in dist_dir, and those of the other one in a folder of its name.
  dist_dirs = {
    for architecture in ["arm64", "x86_64"] :
    architecture => architecture == var.architecture ? var.dist_dir : "${var.dist_dir}/${architecture}"
  }
  other_architectures = setsubtract([for service, sizing in local.sizing : sizing.architecture if !local.is_image[service]], [var.architecture])
  layers              = merge({ (var.architecture) = one(module.layer[*].arn) }, { for architecture, layer in module.other_layer : architecture => layer.arn })

  # "<architecture>/<zip>" => the architecture that `make package` wrote the zip for, as manifest.json or the published
  # release says. Null if manifest.json does not list these bytes, as for the zips of plain `pants package`.
  packaged_for = merge([
    for architecture, folder in local.dist_dirs : {
      for zip in concat([for service in keys(local.services) : "${service}.zip"], ["common-layer.zip", "release-hook.zip"]) :
      "${architecture}/${zip}" => var.artefacts != null ? architecture : try(
        jsondecode(file("${folder}/manifest.json")).zips[zip] == filesha256("${folder}/${zip}")
        ? jsondecode(file("${folder}/manifest.json")).architecture : null,
        null,
      )
    }
  ]...)

  packages = {
    for service, sizing in local.sizing : service => {
      zip          = "${local.dist_dirs[sizing.architecture]}/${service}.zip"
      architecture = sizing.architecture
      packaged_for = local.packaged_for["${sizing.architecture}/${service}.zip"]
      published    = lookup(local.published, "${sizing.architecture}/${service}.zip", null)
      layers       = local.is_image[service] ? [] : [local.layers[sizing.architecture]]
      image        = local.images[service]
    }
  }
}

# A layer version is used by functions of one architecture, because it contains compiled modules.
module "other_layer" {
  source   = "./modules/lambda_layer"
  for_each = local.other_architectures

  name         = "${local.prefix}-common-${replace(each.key, "_", "-")}"
  zip          = "${local.dist_dirs[each.key]}/common-layer.zip"
  architecture = each.key
  packaged_for = local.packaged_for["${each.key}/common-layer.zip"]
  published    = lookup(local.published, "${each.key}/common-layer.zip", null)
}
