# Production. Data is protected by default; `make destroy ENV=prod` refuses. `make plan ENV=prod RELEASE=<release>` plans
# the very zips that were published for staging.
environment = "prod"

# If prod has an account of its own: the bucket of the account that publishes (docs/production.md).
# artefact_bucket = "<name>-artefacts-<account>-<region>"

log_retention_days = 90

# A tenth of the requests for five minutes, then all; back if the hook fails or an alarm goes off (docs/releases.md).
release = { strategy = "canary_10_5" }

# The address has to confirm a subscription before it gets alarms:
# alarms = { email = "oncall@example.com" }

# Sizes of single services; all others have default_sizing:
# sizing = { <service> = { memory_size = 1769, reserved_concurrency = 50 } }
# Against cold starts, snap_start = true or provisioned_concurrency = { executions = 2 }, with what they cost in
# docs/decisions/0031-cold-starts.md.

# Requests per second of each route, and the size of a burst; other limits for an operation or a path:
# throttling = {
#   rate_limit = 200, burst_limit = 400
#   routes     = { "POST /api/v1/<service>" = { rate_limit = 5, burst_limit = 10 } }
# }

# A domain of your own, in a zone of Route 53. Browsers then use HTTPS only (hsts_seconds):
# domain = { name = "api.example.com", zone_id = "Z0123456789ABC" }

# Tokens of Amazon Cognito or another OpenID Connect issuer, instead of own ones (docs/tokens.md):
# issuer = { url = "https://cognito-idp.<region>.amazonaws.com/<pool>", audience = ["<app client>"] }
