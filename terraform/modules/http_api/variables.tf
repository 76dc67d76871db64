variable "name" {
  description = "Name of the API."
  type        = string
  nullable    = false
}

variable "services" {
  description = <<-TEXT
    Service => its paths, whether it gets requests that match no other route, its function, its OpenAPI document as JSON
    (null: its operations have no routes of their own), and its environment variables, which an operation can name in
    `x-public-if`: a caller is required unless the variable is "true".
  TEXT
  type = map(object({
    paths       = list(string)
    default     = bool
    document    = optional(string)
    environment = optional(map(string), {})
    function = object({
      function_name    = string
      alias_name       = string
      alias_invoke_arn = string
    })
  }))
  nullable = false

  validation {
    condition     = length([for service in values(var.services) : service if service.default]) == 1
    error_message = "services must have exactly one default, which gets requests that match no other route."
  }

  validation {
    condition     = alltrue([for path in flatten(values(var.services)[*].paths) : can(regex("^(/[a-z0-9][a-z0-9._-]*)+$", path))])
    error_message = "services: a path must have lower-case parts, such as /api/v1/reviews, without a trailing slash."
  }

  validation {
    condition     = length(flatten(values(var.services)[*].paths)) == length(distinct(flatten(values(var.services)[*].paths)))
    error_message = "services: a path must belong to one service only."
  }
}

variable "cors" {
  description = "CORS configuration: what browsers may do on other origins. Without allow_origins the API has none. max_age is in seconds: how long a browser may remember it."
  type = object({
    allow_origins     = list(string)
    allow_methods     = list(string)
    allow_headers     = list(string)
    expose_headers    = list(string)
    allow_credentials = bool
    max_age           = number
  })
  nullable = false

  validation {
    condition     = alltrue([for origin in var.cors.allow_origins : origin == "*" || contains(["http://*", "https://*"], origin) || can(regex("^https?://([a-z0-9.-]+|\\[[0-9a-f:]+\\])(:[0-9]{1,5})?$", origin))])
    error_message = "cors.allow_origins must be origins as browsers send them, such as https://example.com: in lower case, without a path or a trailing slash. Wildcards are \"*\", \"https://*\" and \"http://*\" only."
  }

  validation {
    condition     = alltrue([for origin in var.cors.allow_origins : !can(regex("^(https://.*:443|http://.*:80)$", origin))])
    error_message = "cors.allow_origins: browsers leave out the default port (443 of https, 80 of http), so such an origin never matches. Leave it out too."
  }

  validation {
    condition     = alltrue([for name in concat(var.cors.allow_headers, var.cors.expose_headers) : can(regex("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", name))])
    error_message = "cors.allow_headers and expose_headers must be names of headers, one in each element, such as \"content-type\"."
  }

  validation {
    condition = alltrue([
      for values in [var.cors.allow_origins, var.cors.allow_methods, [for name in var.cors.allow_headers : lower(name)], [for name in var.cors.expose_headers : lower(name)]] :
      length(values) == length(distinct(values))
    ])
    error_message = "cors: a list has an element twice. (Letter case does not distinguish headers.)"
  }

  validation {
    condition = !var.cors.allow_credentials || length(setintersection(
      concat(var.cors.allow_origins, var.cors.allow_methods, var.cors.allow_headers, var.cors.expose_headers),
      ["*", "http://*", "https://*"],
    )) == 0
    error_message = "cors.allow_credentials cannot be combined with a wildcard: with credentials browsers read \"*\" as a name, and AWS rejects it as an origin. List origins, methods and headers, or leave out allow_credentials: an Authorization header does not need it."
  }

  validation {
    condition     = alltrue([for method in var.cors.allow_methods : contains(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "*"], method)])
    error_message = "cors.allow_methods must be GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS or \"*\"."
  }

  validation {
    condition = length(var.cors.allow_origins) > 0 || (
      length(concat(var.cors.allow_methods, var.cors.allow_headers, var.cors.expose_headers)) == 0 &&
      !var.cors.allow_credentials && var.cors.max_age == null
    )
    error_message = "cors: without allow_origins the other values have no effect. Set allow_origins, or none of them."
  }

  validation {
    condition     = var.cors.max_age == null ? true : var.cors.max_age >= 0 && var.cors.max_age <= 86400 && floor(var.cors.max_age) == var.cors.max_age
    error_message = "cors.max_age must be a whole number of seconds from 0 to 86400 (a day)."
  }
}

variable "throttling" {
  description = "Requests per second that each route accepts, and the size of a burst. routes: route key, operation (METHOD /path) or path of a service => other limits."
  type = object({
    rate_limit  = number
    burst_limit = number
    routes = optional(map(object({
      rate_limit  = number
      burst_limit = number
    })), {})
  })
  nullable = false

  validation {
    condition = alltrue([
      for limits in concat([var.throttling], values(var.throttling.routes)) :
      limits.rate_limit > 0 && limits.burst_limit > 0 && floor(limits.burst_limit) == limits.burst_limit
    ])
    error_message = "throttling: rate_limit must be above 0, and burst_limit a whole number above 0. With 0 the API would reject every request."
  }

  validation {
    condition     = length(setsubtract(keys(var.throttling.routes), local.known_routes)) == 0
    error_message = "throttling.routes: there is no route, operation or path of a service ${join(", ", setsubtract(keys(var.throttling.routes), local.known_routes))}. There are: ${join(", ", sort(local.known_routes))}."
  }
}

variable "issuer" {
  description = "The OpenID Connect issuer whose tokens API Gateway verifies: url is their `iss`, audience their `aud` or `client_id`; a token needs one of required_scopes, if there are any. Null: no authorizer."
  type = object({
    url             = string
    audience        = list(string)
    required_scopes = optional(list(string), [])
  })
  default = null
}

variable "disable_default_endpoint" {
  description = "Whether API Gateway rejects requests that do not come through a custom domain."
  type        = bool
  default     = false
  nullable    = false
}

variable "log_retention_days" {
  description = "Days for which CloudWatch stores the access log."
  type        = number
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the customer managed key that encrypts the access log. Null: the key that CloudWatch owns."
  type        = string
  default     = null
}
