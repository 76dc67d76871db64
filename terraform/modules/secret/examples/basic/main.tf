module "secret" {
  source = "../.."

  name                 = "shop-dev-signing"
  field                = "signing_secret"
  recovery_window_days = 30
}
