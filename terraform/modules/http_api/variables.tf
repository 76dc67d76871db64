variable "name" {
  description = "Name of the API."
  type        = string
  nullable    = false
}

variable "services" {
  description = "Service => its paths, whether it gets the requests that no route matches, and its function."
  type = map(object({
    paths   = list(string)
    default = bool
    function = object({
      function_name    = string
      alias_name       = string
      alias_invoke_arn = string
    })
  }))
  nullable = false

  validation {
    condition     = length([for service in values(var.services) : service if service.default]) == 1
    error_message = "services: exactly one must be the default, which gets the requests that no route matches."
  }

  validation {
    condition     = alltrue([for path in flatten(values(var.services)[*].paths) : can(regex("^(/[a-z0-9][a-z0-9._-]*)+$", path))])
    error_message = "services: a path is made of lower-case parts such as /api/v1/reviews, without a slash at its end."
  }

  validation {
    condition     = length(flatten(values(var.services)[*].paths)) == length(distinct(flatten(values(var.services)[*].paths)))
    error_message = "services: a path can belong to one service only."
  }
}

variable "cors" {
  description = "What browsers on other origins may do. Without allow_origins the API has no CORS configuration."
  type = object({
    allow_origins  = list(string)
    allow_methods  = list(string)
    allow_headers  = list(string)
    expose_headers = list(string)
  })
  nullable = false

  validation {
    condition     = alltrue([for origin in var.cors.allow_origins : origin == "*" || can(regex("^https?://[^/]+$", origin))])
    error_message = "cors.allow_origins: origins such as https://example.com, without a path or a trailing slash, or \"*\"."
  }

  validation {
    condition     = alltrue([for method in var.cors.allow_methods : contains(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "*"], method)])
    error_message = "cors.allow_methods: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS or \"*\"."
  }

  validation {
    condition     = length(var.cors.allow_origins) > 0 || length(concat(var.cors.allow_methods, var.cors.allow_headers, var.cors.expose_headers)) == 0
    error_message = "cors: without allow_origins the other lists have no effect. Set allow_origins, or leave all of them empty."
  }
}

variable "throttling" {
  description = "Requests per second that the API accepts, and how many it accepts at once."
  type = object({
    rate_limit  = number
    burst_limit = number
  })
  nullable = false

  validation {
    condition     = var.throttling.rate_limit > 0 && var.throttling.burst_limit > 0 && floor(var.throttling.burst_limit) == var.throttling.burst_limit
    error_message = "throttling: rate_limit above 0, burst_limit a whole number above 0. With 0 the API would reject every request."
  }
}

variable "log_retention_days" {
  description = "Days for which CloudWatch keeps the access log."
  type        = number
  nullable    = false
}
