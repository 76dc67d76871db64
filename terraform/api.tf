# The API that an environment chooses: its domain, limits, CORS and issuer of tokens.

variable "domain" {
  description = <<-TEXT
    Custom domain of the API, such as { name = "api.example.com", zone_id = "Z0123456789ABC" }. The default endpoint is
    off with it. zone_id is the Route 53 zone that gets the A and AAAA records. certificate_arn is a certificate of ACM in
    this region: without it one is requested, and validated by DNS in the zone. Without zone_id, create the records
    yourself for the output `domain_target`.
  TEXT
  type = object({
    name            = string
    zone_id         = optional(string)
    certificate_arn = optional(string)
  })
  default = null

  validation {
    condition     = var.domain == null ? true : var.domain.zone_id != null || var.domain.certificate_arn != null
    error_message = "domain needs a zone_id, by which ACM validates a new certificate, or the certificate_arn of an existing one."
  }
}

variable "hsts_seconds" {
  description = "Seconds for which browsers use HTTPS only, for this host and those below it (RFC 6797). 0: they are not told so. Null: a year with a domain, else 0."
  type        = number
  default     = null

  validation {
    condition     = var.hsts_seconds == null ? true : var.hsts_seconds >= 0 && floor(var.hsts_seconds) == var.hsts_seconds
    error_message = "hsts_seconds must be a whole number of seconds, such as 31536000 for a year, or 0."
  }
}

variable "cors" {
  description = <<-TEXT
    CORS configuration: what browsers may do on other origins. Without allow_origins the API has none. max_age is in
    seconds: how long a browser may remember it. Pages that use all of the API need allow_headers authorization,
    content-type, idempotency-key, if-match and if-none-match, and expose_headers etag, idempotent-replayed, link, location,
    retry-after and x-request-id.
  TEXT
  type = object({
    allow_origins     = optional(list(string), [])
    allow_methods     = optional(list(string), [])
    allow_headers     = optional(list(string), [])
    expose_headers    = optional(list(string), [])
    allow_credentials = optional(bool, false)
    max_age           = optional(number)
  })
  default  = {}
  nullable = false
}

variable "throttling" {
  description = <<-TEXT
    Requests per second that each route accepts, and the size of a burst. The API responds to further requests with 429.
    Without burst_limit it is 100, or account_concurrency if that is less.
    `routes` has other limits for some routes. A key is an operation such as "POST /api/v1/<service>", which gets a route
    of its own; another route key, such as "$default"; or a path of a service, for each of its routes. Before an operation
    is removed, remove its limit and apply: AWS rejects a stage with limits of a route that is gone.
  TEXT
  type = object({
    rate_limit  = optional(number, 50)
    burst_limit = optional(number)
    routes = optional(map(object({
      rate_limit  = number
      burst_limit = number
    })), {})
  })
  default  = {}
  nullable = false
}

variable "issuer" {
  description = <<-TEXT
    The issuer of tokens. Null: a service of this repository issues them. Else API Gateway verifies the tokens of an OpenID
    Connect issuer (Amazon Cognito, Auth0, Keycloak ...), and no service stores passwords (docs/tokens.md). url is the
    `iss` of its tokens. audience: one of them must be the token's `aud`, or `client_id` in Cognito's access tokens.
    required_scopes: a token needs one of them, by which identity tokens are rejected. scopes_claim names the claim with
    the caller's scopes or groups (scope, scp, cognito:groups ...). scopes maps values of that claim to scopes of the
    services; a value that is not a key is itself the scope.
  TEXT
  type = object({
    url             = string
    audience        = list(string)
    required_scopes = optional(list(string), [])
    scopes_claim    = optional(string, "scope")
    scopes          = optional(map(list(string)), {})
  })
  default = null

  validation {
    condition     = var.issuer == null ? true : can(regex("^https://[^/?#]+(/[^?#]*)?$", var.issuer.url)) || (var.local_values && can(regex("^http://127\\.0\\.0\\.1:[0-9]+$", var.issuer.url)))
    error_message = "issuer.url must be the `iss` of the tokens, an https address. (http://127.0.0.1:<port> is accepted by the embedded AWS only.)"
  }

  validation {
    condition     = var.issuer == null ? true : length(var.issuer.audience) > 0 && !contains(var.issuer.audience, "")
    error_message = "issuer.audience must have at least one value: without it, tokens for every client of the issuer would be accepted."
  }

  validation {
    condition     = var.issuer == null ? true : length(setsubtract(flatten(values(var.issuer.scopes)), local.scopes)) == 0
    error_message = "issuer.scopes: no service defines ${try(join(", ", setsubtract(flatten(values(var.issuer.scopes)), local.scopes)), "")}. Scopes: ${join(", ", local.scopes)}."
  }
}

locals {
  scopes = sort(flatten([for service in local.services : service.scopes]))

  # The document says which operations require a caller. With an issuer, the API is another one.
  documents = {
    for name in keys(local.services) :
    name => try(file("${path.root}/../docs/openapi/${var.issuer == null ? "" : "issuer/"}${name}.json"), null)
  }

  hsts_seconds = coalesce(var.hsts_seconds, var.domain == null ? 0 : 31536000)

  # How a function finds the caller's scopes. It never verifies a token itself with an issuer.
  token_variables = var.issuer == null ? { JWT_AUDIENCE = "${local.prefix}-api", JWT_ISSUER = local.prefix } : {
    ISSUER = jsonencode({ url = var.issuer.url, scopes_claim = var.issuer.scopes_claim, scopes = var.issuer.scopes })
  }
  # The key that signs the tokens of this repository's own issuer.
  unused_secrets = var.issuer == null ? [] : ["jwt"]
}
