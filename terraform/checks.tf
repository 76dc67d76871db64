# Zips of plain `pants package ::` can be deployed too. `make package` also adds bytecode, which halves a cold start.
check "finished_zips" {
  assert {
    condition = alltrue([
      for zip in concat([for name in keys(local.services) : "${name}.zip"], ["common-layer.zip"]) :
      try(jsondecode(file("${var.dist_dir}/manifest.json"))[zip] == filesha256("${var.dist_dir}/${zip}"), false)
    ])
    error_message = "The zips in ${var.dist_dir} are not the ones that its manifest.json lists. They run, but without bytecode every cold start compiles the Python again. Run `make package`."
  }
}
