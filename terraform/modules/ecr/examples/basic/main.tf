module "images" {
  source = "../.."

  name = "shop/orders"
}
