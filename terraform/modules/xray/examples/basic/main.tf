module "traces" {
  source = "../.."

  functions = { orders = "shop-dev-orders" }
}
