# Saved queries of CloudWatch Logs Insights, in a folder with the dashboard's name.

locals {
  function_logs = [for function in var.functions : function.log_group_name]

  queries = {
    # duration_ms is the function's own time. A cold start's INIT is not part of it.
    slowest-routes = {
      groups = local.function_logs
      text   = <<-QUERY
        filter message = "request"
        | stats count(*) as requests, pct(duration_ms, 50) as p50, pct(duration_ms, 90) as p90, pct(duration_ms, 99) as p99, max(duration_ms) as slowest, latest(request_id) as example by service, method, route
        | sort p99 desc
        | limit 50
      QUERY
    }

    # problem is empty where the response is not a problem document.
    errors-by-problem = {
      groups = local.function_logs
      text   = <<-QUERY
        filter message = "request" and status >= 400
        | stats count(*) as responses, latest(request_id) as example by status, problem, service, method, route
        | sort status desc, responses desc
        | limit 100
      QUERY
    }

    bugs = {
      groups = local.function_logs
      text   = <<-QUERY
        filter message = "Unhandled exception"
        | fields @timestamp, service, version, exception_name, exception, request_id, xray_trace_id
        | sort @timestamp desc
        | limit 50
      QUERY
    }

    # Requests that did not reach a function, or whose function responded too late, are in the access log only.
    gateway-errors = {
      groups = [var.api.access_log_group_name]
      text   = <<-QUERY
        filter status >= 500 or status = 429
        | stats count(*) as responses, latest(requestId) as example by status, routeKey, integrationStatus, integrationErrorMessage, errorMessage
        | sort responses desc
        | limit 50
      QUERY
    }

    # The same id has two names: requestId in API Gateway's log, request_id in those of the functions.
    one-request = {
      groups = concat([var.api.access_log_group_name], local.function_logs)
      text   = <<-QUERY
        filter request_id = "REQUEST_ID" or requestId = "REQUEST_ID"
        | fields @timestamp, @log, level, message, method, coalesce(route, path) as place, status, coalesce(duration_ms, responseLatency) as ms, problem, exception, principal_id, xray_trace_id
        | sort @timestamp asc
        | limit 1000
      QUERY
    }
  }

  query_names = { for query in keys(local.queries) : query => "${var.name}/${query}" }
}

resource "aws_cloudwatch_query_definition" "this" {
  for_each = local.queries

  name            = local.query_names[each.key]
  query_string    = trimspace(each.value.text)
  log_group_names = each.value.groups
}
