module "service_files" {
  source = "./modules/service_files"

  files    = local.service_files
  settings = var.settings
  defaults = var.local_values ? "local" : "default"
}

module "layer" {
  source = "./modules/lambda_layer"
  # Images contain it, and may be larger than a layer can be.
  count = alltrue(values(local.is_image)) ? 0 : 1

  name         = "${local.prefix}-common"
  zip          = "${var.dist_dir}/common-layer.zip"
  published    = lookup(local.published, "${var.architecture}/common-layer.zip", null)
  architecture = var.architecture
  packaged_for = local.packaged_for["${var.architecture}/common-layer.zip"]
}

module "table" {
  source   = "./modules/dynamodb_table"
  for_each = { for name, service in local.services : name => service if try(var.restored_tables[name].keep_original, true) }

  name                = "${local.prefix}-${each.key}"
  schema_file         = "${local.services_dir}/${each.key}/table.json"
  deletion_protection = var.deletion_protection
  kms_key_arn         = var.kms_key_arn
}

module "secret" {
  source   = "./modules/secret"
  for_each = setsubtract(flatten([for service in local.services : service.secrets]), local.unused_secrets)

  name                 = "${local.prefix}-${each.key}"
  field                = "${each.key}_secret"
  recovery_window_days = var.deletion_protection ? 30 : 0
  kms_key_arn          = var.kms_key_arn
}

module "service" {
  source   = "./modules/lambda_service"
  for_each = local.services

  name               = "${local.prefix}-${each.key}"
  service            = each.key
  role               = { name = "${local.prefix}-${each.key}-${local.region}", path = var.role_path, permissions_boundary_arn = var.permissions_boundary_arn }
  package            = local.packages[each.key]
  sizing             = local.sizing[each.key]
  log_retention_days = var.log_retention_days
  metrics_namespace  = local.metrics_namespace
  grants             = each.value.grants
  tables             = { for name in keys(each.value.grants) : name => { arns = local.granted[name][*].arn, index_arns = flatten(local.granted[name][*].index_arns) } }
  secrets            = { for name in setsubtract(each.value.secrets, local.unused_secrets) : name => module.secret[name].arn }
  kms_key_arn        = var.kms_key_arn
  codedeploy         = var.release.strategy != "direct"

  environment = merge(
    each.value.environment,
    {
      ENVIRONMENT = var.environment
      TABLE_NAME  = local.tables[each.key].name
    },
    local.token_variables,
    local.ca_variables,
    local.list_variables,
    local.hsts_seconds > 0 ? { HSTS_SECONDS = tostring(local.hsts_seconds) } : {},
    # Only the default service serves the documentation of all services.
    each.value.default ? { SERVICES = jsonencode({ for name, service in local.services : name => service.paths[0] }) } : {},
  )
}

module "http_api" {
  source = "./modules/http_api"

  name                     = local.prefix
  cors                     = var.cors
  throttling               = local.throttling
  issuer                   = var.issuer
  disable_default_endpoint = var.domain != null
  log_retention_days       = var.log_retention_days
  kms_key_arn              = var.kms_key_arn

  services = {
    for name, service in local.services : name => {
      paths       = service.paths
      default     = service.default
      environment = service.environment
      document    = local.documents[name]
      function = {
        function_name    = module.service[name].function_name
        alias_name       = module.service[name].alias_name
        alias_invoke_arn = module.service[name].alias_invoke_arn
      }
    }
  }
}

module "domain" {
  source = "./modules/api_domain"
  count  = var.domain == null ? 0 : 1

  name            = var.domain.name
  zone_id         = var.domain.zone_id
  certificate_arn = var.domain.certificate_arn
  api_id          = module.http_api.id
  stage           = module.http_api.stage
}

module "xray" {
  source = "./modules/xray"

  functions = { for name, service in module.service : name => service.function_name }
}

module "observability" {
  source = "./modules/observability"

  name                   = local.prefix
  metrics_namespace      = local.metrics_namespace
  alarms                 = var.alarms
  unreserved_concurrency = local.unreserved_concurrency
  kms_key_arn            = var.kms_key_arn

  api = {
    id                    = module.http_api.id
    access_log_group_name = module.http_api.access_log_group_name
  }

  functions = {
    for name, service in module.service : name => {
      function_name        = service.function_name
      log_group_name       = service.log_group_name
      timeout              = service.timeout
      reserved_concurrency = service.reserved_concurrency
    }
  }

  tables = {
    for name, table in local.tables : name => {
      name    = table.name
      indexes = table.index_names
      actions = distinct(flatten([for service in local.services : lookup(service.grants, name, [])]))
    }
  }
}
