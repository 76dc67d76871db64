variable "name" {
  description = "Name of the API."
  type        = string
  nullable    = false
}

variable "services" {
  description = "Service => its paths, whether it gets requests that match no other route, and its function."
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
    condition     = alltrue([for origin in var.cors.allow_origins : origin == "*" || can(regex("^https?://[^/]+$", origin))])
    error_message = "cors.allow_origins must be origins such as https://example.com, without a path or a trailing slash, or \"*\"."
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
    condition     = !(var.cors.allow_credentials && contains(var.cors.allow_origins, "*"))
    error_message = "cors.allow_credentials cannot be combined with the origin \"*\", which browsers and AWS reject. List the origins, or leave out allow_credentials: an Authorization header does not need it."
  }

  validation {
    condition     = var.cors.max_age == null ? true : var.cors.max_age >= 0 && var.cors.max_age <= 86400 && floor(var.cors.max_age) == var.cors.max_age
    error_message = "cors.max_age must be a whole number of seconds from 0 to 86400 (a day)."
  }
}

variable "throttling" {
  description = "Requests per second that the API accepts, and the size of a burst."
  type = object({
    rate_limit  = number
    burst_limit = number
  })
  nullable = false

  validation {
    condition     = var.throttling.rate_limit > 0 && var.throttling.burst_limit > 0 && floor(var.throttling.burst_limit) == var.throttling.burst_limit
    error_message = "throttling: rate_limit must be above 0, and burst_limit a whole number above 0. With 0 the API would reject every request."
  }
}

variable "log_retention_days" {
  description = "Days for which CloudWatch stores the access log."
  type        = number
  nullable    = false
}
