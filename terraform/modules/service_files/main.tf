# Reads and checks each service's service.yaml. tools/monorepo/services.py has the same rules for Python;
# tests/support/service_files.json tests both.

locals {
  keys = ["paths", "default", "grants", "secrets", "scopes", "environment"]

  # Terraform and Lambda set these for every function.
  reserved = "^(AWS_.*|POWERTOOLS_.*|LAMBDA_.*|_.*|.*_SECRET_ID|ENVIRONMENT|HSTS_SECONDS|ISSUER|JWT_AUDIENCE|JWT_ISSUER|LIST_SHARDS|LOG_LEVEL|SERVICES|TABLE_NAME|TRACING|TZ|PATH|LANG)$"

  decoded = { for name, text in var.files : name => try(yamldecode(text), null) if text != null }
  maps    = { for name, file in local.decoded : name => file if can(keys(file)) }

  # Patterns for JSON, where 1 and "1" differ: a list of strings, and a map of such lists.
  texts    = "\\[(\"([^\"\\\\]|\\\\.)*\",?)*\\]"
  text_map = "\\{(\"([^\"\\\\]|\\\\.)*\":${local.texts},?)*\\}"

  # Values of the right type, or empty ones, so that every rule below can be applied to every file.
  parsed = {
    for name, file in local.maps : name => {
      paths       = try([for path in file.paths : path if can(regex("^${local.texts}$", jsonencode(file.paths)))], [])
      default     = try(jsonencode(file.default), "false") == "true"
      grants      = try({ for table, actions in file.grants : table => actions if can(regex("^${local.text_map}$", jsonencode(file.grants))) }, {})
      secrets     = try([for secret in file.secrets : secret if can(regex("^${local.texts}$", jsonencode(file.secrets)))], [])
      scopes      = try([for scope in file.scopes : scope if can(regex("^${local.texts}$", jsonencode(file.scopes)))], [])
      environment = try({ for variable, value in file.environment : variable => value if can(keys(file.environment)) }, {})
    }
  }

  paths    = flatten([for name in sort(keys(local.parsed)) : [for path in local.parsed[name].paths : { service = name, path = path }]])
  defaults = sort([for name, file in local.parsed : name if file.default])

  # The problems of each file. Each entry says what must be changed.
  problems_of = {
    for name, file in local.parsed : name => concat(
      can(regex("^[a-z][a-z0-9_]{1,19}$", name)) ? [] : ["a service's folder must have 2 to 20 lower-case letters, digits or underscores, a letter first"],
      contains(["api", "common", "backup", "codedeploy", "deploy", "plan"], name) ? ["a service cannot be called api (whose alarms have that name), common (the layer), or backup, codedeploy, deploy or plan (roles have these names)"] : [],
      [for key in sort(keys(local.maps[name])) : "unknown key ${key}: the keys are ${join(", ", local.keys)}" if !contains(local.keys, key)],
      contains(["true", "false"], try(jsonencode(local.maps[name].default), "false")) ? [] : ["default must be true or false"],
      try(file.paths[0], null) == "/api/v1/${name}" ? [] : ["paths must be a list whose first path is /api/v1/${name}"],
      [for path in file.paths : "path ${path} must have lower-case parts such as /api/v1/${name}, without a trailing slash" if !can(regex("^(/[a-z0-9][a-z0-9._-]*)+$", path))],
      can(regex("^${local.text_map}$", try(jsonencode(local.maps[name].grants), "{}"))) ? [] : ["grants must map tables to lists of actions"],
      [for table in sort(keys(file.grants)) : "grants name the table ${table}, but no service has that name" if !contains(keys(var.files), table)],
      [for action in sort(distinct(flatten(values(file.grants)))) : "grant ${action} must be one exact DynamoDB action such as dynamodb:GetItem" if !can(regex("^dynamodb:[A-Z][A-Za-z]+$", action))],
      contains(flatten(values(file.grants)), "dynamodb:Scan") ? ["grant dynamodb:Scan reads the whole table on every call: add an index to table.json and grant dynamodb:Query"] : [],
      can(regex("^${local.texts}$", try(jsonencode(local.maps[name].secrets), "[]"))) ? [] : ["secrets must be a list of names"],
      [for secret in file.secrets : "secret ${secret} must have lower-case letters and digits only" if !can(regex("^[a-z][a-z0-9]*$", secret))],
      can(regex("^${local.texts}$", try(jsonencode(local.maps[name].scopes), "[]"))) ? [] : ["scopes must be a list of scopes"],
      [for scope in file.scopes : "scope ${scope} must be ${name}: and lower-case letters, such as ${name}:admin" if !can(regex("^${name}:[a-z][a-z_]*$", scope))],
      !can(local.maps[name].environment) || can(keys(local.maps[name].environment)) ? [] : ["environment must map variables to description, default and local"],
      [for variable in sort(keys(file.environment)) : "variable ${variable} must have upper-case letters, digits and underscores only" if !can(regex("^[A-Z][A-Z0-9_]*$", variable))],
      [for variable in sort(keys(file.environment)) : "variable ${variable} is set for every service: choose another name" if can(regex(local.reserved, variable))],
      [
        for variable in sort(keys(file.environment)) : "variable ${variable} must have description, default and local, all of them strings in quotes"
        if !try(
          sort(keys(file.environment[variable])) == tolist(["default", "description", "local"]) &&
          alltrue([for value in values(file.environment[variable]) : can(regex("^\"", jsonencode(value)))]),
          false
        )
      ],
    )
  }

  # A policy names its statements without underscores, and must not have two statements of one name.
  plain_names = [for name in keys(var.files) : replace(name, "_", "")]

  problems = concat(
    [for name in sort(keys(var.files)) : "services/${name}: there is no service.yaml: a folder with a handler.py is a service and must have one" if var.files[name] == null],
    [for name in sort(keys(local.decoded)) : "services/${name}/service.yaml: the file must be a YAML mapping" if !contains(keys(local.maps), name)],
    flatten([for name in sort(keys(local.problems_of)) : [for problem in local.problems_of[name] : "services/${name}/service.yaml: ${problem}"]]),
    [
      for path in sort(distinct(local.paths[*].path)) :
      "services/*/service.yaml: path ${path} must belong to one service only, not to ${join(" and ", [for one in local.paths : one.service if one.path == path])}"
      if length([for one in local.paths : one if one.path == path]) > 1
    ],
    [
      for plain in sort(distinct(local.plain_names)) :
      "services/*: ${join(" and ", [for name in sort(keys(var.files)) : name if replace(name, "_", "") == plain])} differ in underscores only, so their statements in a role's policy would have one name: rename one of them"
      if length([for name in local.plain_names : name if name == plain]) > 1
    ],
    length(local.defaults) == 1 ? [] : ["services/*/service.yaml: exactly one service must have default: true, found ${length(local.defaults) == 0 ? "none" : join(" and ", local.defaults)}"],
    [for name in sort(keys(var.settings)) : "settings: there is no service ${name}; services are ${join(", ", sort(keys(var.files)))}" if !contains(keys(var.files), name)],
    flatten([
      for name in sort(keys(var.settings)) : [
        for variable in sort(keys(var.settings[name])) :
        "settings: services/${name}/service.yaml declares no variable ${variable}"
        if contains(keys(local.parsed), name) && !contains(keys(try(local.parsed[name].environment, {})), variable)
      ]
    ]),
  )
}
