# Each folder in services/ that has a handler.py is a service, and its service.yaml describes it. variables.tf and
# sizing.tf have the choices of an environment.

locals {
  services_dir = "${path.root}/../services"
  service_files = {
    for name in distinct([for file in fileset(local.services_dir, "*/{handler.py,service.yaml}") : dirname(file)]) :
    name => try(file("${local.services_dir}/${name}/service.yaml"), null)
  }
  services = module.service_files.services

  product = jsondecode(file("${path.root}/../product.json"))
  name    = coalesce(var.name, local.product.name)
  prefix  = "${local.name}-${var.environment}"

  # Environments may share an account and a region, so each has its own namespace and alarms.
  metrics_namespace = "${var.name == null ? local.product.title : title(var.name)}/${var.environment}"
}
