module "release" {
  source = "../.."

  name               = "shop-prod"
  deployment_config  = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
  hook               = { zip = "release-hook.zip", architecture = "arm64" }
  log_retention_days = 30

  services = {
    orders = {
      function_name = "shop-prod-orders"
      function_arn  = "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-orders"
      alias_arn     = "arn:aws:lambda:eu-central-1:123456789012:function:shop-prod-orders:live"
      path          = "/api/v1/orders"
      alarms        = ["shop-prod-orders-5xx"]
    }
  }
}
