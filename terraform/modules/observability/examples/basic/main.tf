module "observability" {
  source = "../.."

  name                   = "shop-dev"
  metrics_namespace      = "Shop/dev"
  api                    = { id = "a1b2c3d4e5", access_log_group_name = "/aws/vendedlogs/apigateway/shop-dev" }
  unreserved_concurrency = 1000

  functions = {
    orders = {
      function_name        = "shop-dev-orders"
      log_group_name       = "/aws/lambda/shop-dev-orders"
      timeout              = 15
      reserved_concurrency = -1
    }
  }

  tables = {
    orders = { name = "shop-dev-orders", indexes = [], actions = ["dynamodb:GetItem"] }
  }

  alarms = {
    email               = "oncall@example.com"
    api_error_percent   = 1
    api_latency_ms      = 3000
    duration_percent    = 80
    concurrency_percent = 80
    errors              = 1
    bugs                = 1
    unavailable         = 1
    throttles           = 1
    table_throttles     = 1
    table_system_errors = 1
  }
}
