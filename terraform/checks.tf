# Zips of plain `pants package ::` can be deployed too. `make package` also adds bytecode, which halves a cold start.
check "finished_zips" {
  assert {
    condition = var.artefacts != null || alltrue(concat(
      [length(module.layer) == 0 || local.packaged_for["${var.architecture}/common-layer.zip"] != null],
      [for service, sizing in local.sizing : local.packaged_for["${sizing.architecture}/${service}.zip"] != null if !local.is_image[service]],
      [for architecture in local.other_architectures : local.packaged_for["${architecture}/common-layer.zip"] != null],
      [var.release.strategy == "direct" || local.packaged_for["${var.architecture}/release-hook.zip"] != null],
    ))
    error_message = "The zips in ${var.dist_dir} are not the ones that its manifest.json lists. They run, but without bytecode every cold start compiles the Python again. Run `make package`."
  }
}
