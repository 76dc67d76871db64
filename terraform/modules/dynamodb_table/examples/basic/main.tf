module "table" {
  source = "../.."

  name                = "shop-dev-orders"
  schema_file         = "${path.module}/table.json"
  deletion_protection = true
}
