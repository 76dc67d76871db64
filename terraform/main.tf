module "service_files" {
  source = "./modules/service_files"

  files    = local.service_files
  settings = var.settings
  defaults = var.local_values ? "local" : "default"
}

module "layer" {
  source = "./modules/lambda_layer"

  name         = "${local.prefix}-common"
  zip          = "${var.dist_dir}/common-layer.zip"
  architecture = var.architecture
}

module "table" {
  source   = "./modules/dynamodb_table"
  for_each = local.services

  name                = "${local.prefix}-${each.key}"
  schema_file         = "${local.services_dir}/${each.key}/table.json"
  deletion_protection = var.deletion_protection
}

module "secret" {
  source   = "./modules/secret"
  for_each = toset(flatten([for service in local.services : service.secrets]))

  name                 = "${local.prefix}-${each.key}"
  field                = "${each.key}_secret"
  recovery_window_days = var.deletion_protection ? 30 : 0
}

module "service" {
  source   = "./modules/lambda_service"
  for_each = local.services

  name               = "${local.prefix}-${each.key}"
  service            = each.key
  package            = { zip = "${var.dist_dir}/${each.key}.zip", architecture = var.architecture, layers = [module.layer.arn] }
  sizing             = merge(var.default_sizing, { for name, value in try(var.sizing[each.key], {}) : name => value if value != null })
  log_retention_days = var.log_retention_days
  metrics_namespace  = local.metrics_namespace
  grants             = each.value.grants
  tables             = module.table
  secrets            = { for name in each.value.secrets : name => module.secret[name].arn }

  environment = merge(
    each.value.environment,
    {
      ENVIRONMENT  = var.environment
      JWT_AUDIENCE = "${local.prefix}-api"
      JWT_ISSUER   = local.prefix
      TABLE_NAME   = module.table[each.key].name
    },
    var.hsts_seconds > 0 ? { HSTS_SECONDS = tostring(var.hsts_seconds) } : {},
    # Only the default service serves the documentation of all services.
    each.value.default ? { SERVICES = jsonencode({ for name, service in local.services : name => service.paths[0] }) } : {},
  )
}

module "http_api" {
  source = "./modules/http_api"

  name               = local.prefix
  services           = { for name, service in local.services : name => { paths = service.paths, default = service.default, function = module.service[name] } }
  cors               = var.cors
  throttling         = var.throttling
  log_retention_days = var.log_retention_days
}

module "xray" {
  source = "./modules/xray"

  functions = { for name, service in module.service : name => service.function_name }
}

module "observability" {
  source = "./modules/observability"

  name              = local.prefix
  metrics_namespace = local.metrics_namespace
  api               = module.http_api
  functions         = module.service
  alarms            = var.alarms

  tables = {
    for name, table in module.table : name => {
      name    = table.name
      indexes = table.index_names
      actions = distinct(flatten([for service in local.services : lookup(service.grants, name, [])]))
    }
  }
}
