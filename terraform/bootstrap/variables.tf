variable "repository" {
  description = "The GitHub repository whose workflows may use the roles: owner/name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.repository))
    error_message = "repository must be the owner and the name on GitHub, such as octo-org/octo-repo, without wildcards."
  }
}

variable "environments" {
  description = <<-TEXT
    GitHub environment => what its two roles may do. match is the pattern of the names of the environments that they may
    deploy, with * for any characters; null means the GitHub environment's own name. Whoever may run
    a job in the GitHub environment <name>-plan reads what Terraform reads, which includes the key that signs tokens, and
    GitHub lets every branch use an environment that is not restricted to some: restrict it, too. publishes is whether the deploy role may upload zips: without it the
    environment gets only what another one's role has published. zone_id is the hosted zone of its domain, the only one
    whose records the deploy role may change; null means none. kms_key_arns are the keys of kms_key_arn in the
    environment's file, and those before it: no role may use another key.
  TEXT
  type = map(object({
    match        = optional(string)
    publishes    = optional(bool, false)
    zone_id      = optional(string)
    kms_key_arns = optional(list(string), [])
  }))
  default = {
    dev     = {}
    preview = { match = "pull*" }
    staging = { publishes = true }
    prod    = {}
  }
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.environments) : can(regex("^[a-z][a-z0-9]{1,7}$", name))])
    error_message = "environments: names must be 2 to 8 lower-case letters or digits, a letter first."
  }

  validation {
    condition     = alltrue([for name, one in var.environments : one.match == null || can(regex("^[a-z][a-z0-9]{0,5}[a-z][*]$", one.match))])
    error_message = "environments: match must be 2 to 7 lower-case letters or digits, letters first and last, and a final *, such as pull*."
  }

  validation {
    condition = length(flatten([
      for name, one in var.environments : [
        for other in keys(var.environments) : other if one.match != null && other != name && startswith(other, trimsuffix(coalesce(one.match, "*"), "*"))
      ]
    ])) == 0
    error_message = "environments: match must not be a pattern of another environment's name, because its roles could then deploy that environment."
  }

  # The state of the bootstrap is in the same bucket, and says which roles exist.
  validation {
    condition     = alltrue([for name, one in var.environments : one.match == null || !startswith("bootstrap", trimsuffix(coalesce(one.match, "*"), "*"))])
    error_message = "environments: match must not be a pattern of \"bootstrap\", because its roles could then change the bootstrap's state."
  }

  validation {
    condition     = alltrue([for name, one in var.environments : one.zone_id == null || can(regex("^[A-Z0-9]{1,32}$", one.zone_id))])
    error_message = "environments: zone_id must be the id of a hosted zone, such as Z0123456789ABC."
  }

  validation {
    condition = alltrue(flatten([
      for one in var.environments : [for arn in one.kms_key_arns : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", arn))]
    ]))
    error_message = "environments: kms_key_arns must be ARNs of keys, such as arn:aws:kms:eu-central-1:123456789012:key/..., without wildcards."
  }
}

variable "create_oidc_provider" {
  description = "Whether to create the identity provider of GitHub. False if the account has it already: an account can have only one."
  type        = bool
  default     = true
  nullable    = false
}

variable "role_path" {
  description = "Path of the roles of this root and of those that deployments create, such as /platform/."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9_.-]+/)*$", var.role_path))
    error_message = "role_path must start and end with a slash."
  }
}

variable "state_days" {
  description = "Days for which replaced versions of a state are kept."
  type        = number
  default     = 90
  nullable    = false
}
