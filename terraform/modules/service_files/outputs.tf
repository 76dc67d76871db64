output "services" {
  description = "Service => paths, default, grants, secrets, scopes, and environment variables with the values of this environment."
  value = {
    for name, file in local.parsed : name => {
      paths       = file.paths
      default     = file.default
      grants      = file.grants
      secrets     = file.secrets
      scopes      = file.scopes
      environment = { for variable, value in file.environment : variable => try(var.settings[name][variable], value[var.defaults], "") }
    }
  }

  precondition {
    condition     = length(local.problems) == 0
    error_message = join("\n", local.problems)
  }
}
