module "domain" {
  source = "../.."

  name    = "api.example.com"
  zone_id = "Z0123456789ABCDEFGHIJ"
  api_id  = "a1b2c3d4e5"
  stage   = "$default"
}
