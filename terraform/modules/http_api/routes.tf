# The routes: those of each service's paths, and with an issuer those of its operations, with the authorizer.

locals {
  # Route key => service. A path has a route for itself and one for everything below it.
  path_routes = merge(flatten([
    for name, service in var.services : [
      [for path in service.paths : { "ANY ${path}" = name, "ANY ${path}/{proxy+}" = name }],
      service.default ? [{ "$default" = name }] : [],
    ]
  ])...)

  # The operations of the services' OpenAPI documents. `security` is a list of alternatives. An empty one means that no
  # caller is required, unless the operation is public only with a variable of the service that is not set.
  operations = flatten([
    for name, service in var.services : [
      for path, item in try(jsondecode(service.document).paths, {}) : [
        for method, operation in item : {
          service   = name
          path      = path
          methods   = method == "get" ? ["GET", "HEAD"] : [upper(method)]
          caller    = length(try(operation.security, [])) > 0
          anonymous = anytrue([for alternative in try(operation.security, []) : length(alternative) == 0])
          opened    = try(lookup(service.environment, operation["x-public-if"], "false") == "true", true)
        }
      ]
    ]
  ])
  operation_routes = merge(
    { for name, service in var.services : "GET ${service.paths[0]}/openapi.json" => { service = name, caller = false } },
    merge([
      for operation in local.operations : {
        for method in operation.methods : "${method} ${operation.path}" => {
          service = operation.service
          caller  = operation.caller && !(operation.anonymous && operation.opened)
        }
      }
    ]...),
  )

  # Route key => service and whether API Gateway requires a token. A service's paths need no route for an operation
  # unless it has an authorizer, is beside one that has, or has limits of its own.
  routes = merge(
    { for key, name in local.path_routes : key => { service = name, caller = false } },
    {
      for key, route in local.operation_routes : key => { service = route.service, caller = route.caller && var.issuer != null }
      if var.issuer != null || contains(keys(var.throttling.routes), key)
    },
  )

  # Limits of a path are those of each of its routes. A route's own limits win.
  throttled_routes = merge(
    merge([
      for path, limits in var.throttling.routes : {
        for key in keys(local.routes) : key => limits
        if startswith(path, "/") && can(regex("^[A-Z]+ ${replace(path, ".", "\\.")}(/.*)?$", key))
      }
    ]...),
    { for key, limits in var.throttling.routes : key => limits if !startswith(key, "/") },
  )
  known_routes = concat(keys(local.path_routes), keys(local.operation_routes), flatten(values(var.services)[*].paths))
}

resource "aws_apigatewayv2_authorizer" "issuer" {
  count = var.issuer == null ? 0 : 1

  api_id           = aws_apigatewayv2_api.this.id
  name             = "issuer"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = var.issuer.url
    audience = var.issuer.audience
  }

  lifecycle {
    precondition {
      condition     = alltrue([for service in var.services : service.document != null])
      error_message = "With an issuer the routes come from docs/openapi/issuer/<service>.json, which is missing for ${join(", ", [for name, service in var.services : name if service.document == null])}. Run `make openapi`."
    }
  }
}

resource "aws_apigatewayv2_route" "this" {
  #checkov:skip=CKV_AWS_309:Without an issuer the services authenticate callers themselves. With one, the authorizer is on each operation that requires a caller.
  for_each = local.routes

  api_id    = aws_apigatewayv2_api.this.id
  route_key = each.key
  target    = "integrations/${aws_apigatewayv2_integration.this[each.value.service].id}"

  authorization_type   = each.value.caller ? "JWT" : "NONE"
  authorizer_id        = each.value.caller ? aws_apigatewayv2_authorizer.issuer[0].id : null
  authorization_scopes = each.value.caller ? var.issuer.required_scopes : null
}
