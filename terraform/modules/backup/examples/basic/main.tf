module "backup" {
  source = "../.."

  name       = "shop-prod"
  table_arns = ["arn:aws:dynamodb:eu-central-1:123456789012:table/shop-prod-orders"]
  schedule   = "cron(0 3 * * ? *)"
  keep_days  = 35
}
