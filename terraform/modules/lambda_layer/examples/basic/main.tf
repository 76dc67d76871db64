module "layer" {
  source = "../.."

  name         = "shop-dev-common"
  zip          = "common-layer.zip"
  architecture = "arm64"
}
