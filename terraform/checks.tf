# Plain `pants package ::` zips deploy and run; the finisher of `make package` adds the bytecode that halves a cold start.
check "finished_zips" {
  assert {
    condition = alltrue([
      for zip in concat([for name in keys(local.services) : "${name}.zip"], ["common-layer.zip"]) :
      try(jsondecode(file("${var.dist_dir}/manifest.json"))[zip] == filesha256("${var.dist_dir}/${zip}"), false)
    ])
    error_message = "The zips in ${var.dist_dir} are not the finished ones that its manifest.json names. They run, but without bytecode every cold start compiles Python again: run `make package`."
  }
}
