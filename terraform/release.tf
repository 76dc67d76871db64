# How a new version of a service gets its traffic. docs/releases.md explains the choices.

variable "release" {
  description = <<-TEXT
    strategy: "direct" moves all traffic to the new version at each apply. With any other strategy CodeDeploy shifts the
    traffic after `make release`, and back if the new version fails: all_at_once; canary_10_<minutes>: 10 % first, the
    rest after 5, 10, 15 or 30 minutes; linear_10_<minutes>: 10 % more every 1, 2, 3 or 10 minutes.
    keep_versions: published versions of a function that `make release` keeps; it deletes older ones.
  TEXT
  type = object({
    strategy      = optional(string, "direct")
    keep_versions = optional(number, 10)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(keys(local.deployment_configs), var.release.strategy)
    error_message = "release.strategy must be one of: ${join(", ", keys(local.deployment_configs))}."
  }

  validation {
    condition     = var.release.keep_versions >= 2 && floor(var.release.keep_versions) == var.release.keep_versions
    error_message = "release.keep_versions must be a whole number of at least 2: the version with the traffic, and the one before it for a rollback."
  }
}

locals {
  # https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
  deployment_configs = {
    direct       = null
    all_at_once  = "CodeDeployDefault.LambdaAllAtOnce"
    canary_10_5  = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
    canary_10_10 = "CodeDeployDefault.LambdaCanary10Percent10Minutes"
    canary_10_15 = "CodeDeployDefault.LambdaCanary10Percent15Minutes"
    canary_10_30 = "CodeDeployDefault.LambdaCanary10Percent30Minutes"
    linear_10_1  = "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"
    linear_10_2  = "CodeDeployDefault.LambdaLinear10PercentEvery2Minutes"
    linear_10_3  = "CodeDeployDefault.LambdaLinear10PercentEvery3Minutes"
    linear_10_10 = "CodeDeployDefault.LambdaLinear10PercentEvery10Minutes"
  }
}

module "release" {
  source = "./modules/release"
  count  = var.release.strategy == "direct" ? 0 : 1

  name               = local.prefix
  deployment_config  = local.deployment_configs[var.release.strategy]
  hook               = { zip = "${var.dist_dir}/release-hook.zip", architecture = var.architecture, published = lookup(local.published, "${var.architecture}/release-hook.zip", null) }
  role               = { path = var.role_path, permissions_boundary_arn = var.permissions_boundary_arn }
  kms_key_arn        = var.kms_key_arn
  log_retention_days = var.log_retention_days

  services = {
    for name, service in module.service : name => {
      function_name = service.function_name
      function_arn  = service.function_arn
      alias_arn     = service.alias_arn
      path          = local.services[name].paths[0]
      alarms        = module.observability.service_alarm_names[name]
    }
  }
}

output "release" {
  description = "What tools/release needs: environment, strategy, versions to keep, application and hook of CodeDeploy (null if the strategy is direct), and of each service the function, the alias and the deployment group."
  value = {
    environment   = var.environment
    strategy      = var.release.strategy
    keep_versions = var.release.keep_versions
    application   = one(module.release[*].application)
    hook_arn      = one(module.release[*].hook_arn)
    services = {
      for name, service in module.service : name => {
        function_name    = service.function_name
        alias_name       = service.alias_name
        deployment_group = try(module.release[0].deployment_groups[name], null)
      }
    }
  }
}
