module "role" {
  source = "../.."

  name          = "shop-dev-orders-eu-central-1"
  log_group_arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/shop-dev-orders"
  grants        = { orders = ["dynamodb:GetItem", "dynamodb:PutItem"] }

  tables = {
    orders = {
      arns       = ["arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-orders"]
      index_arns = []
    }
  }
}
