module "api" {
  source = "../.."

  name               = "shop-dev"
  throttling         = { rate_limit = 50, burst_limit = 100 }
  log_retention_days = 30

  services = {
    orders = {
      paths   = ["/api/v1/orders"]
      default = true
      function = {
        function_name    = "shop-dev-orders"
        alias_name       = "live"
        alias_invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:shop-dev-orders:live/invocations"
      }
    }
  }

  cors = {
    allow_origins     = ["https://shop.example.com"]
    allow_methods     = ["GET", "POST"]
    allow_headers     = ["authorization", "content-type"]
    expose_headers    = []
    allow_credentials = false
    max_age           = 3600
  }
}
