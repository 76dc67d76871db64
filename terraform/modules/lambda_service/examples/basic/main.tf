module "service" {
  source = "../.."

  name               = "shop-dev-orders"
  service            = "orders"
  role               = { name = "shop-dev-orders-eu-central-1" }
  package            = { zip = "orders.zip", architecture = "arm64", layers = [] }
  environment        = { TABLE_NAME = "shop-dev-orders" }
  metrics_namespace  = "Shop/dev"
  grants             = {}
  tables             = {}
  log_retention_days = 30

  sizing = {
    memory_size             = 1024
    timeout                 = 15
    log_level               = "INFO"
    log_sample_rate         = 0
    tracing                 = "otel"
    reserved_concurrency    = -1
    snap_start              = false
    provisioned_concurrency = { executions = 0 }
  }
}
