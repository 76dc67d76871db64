module "service_files" {
  source = "../.."

  files = {
    orders = <<-YAML
      paths: [/api/v1/orders]
      default: true
      grants:
        orders: [dynamodb:GetItem, dynamodb:PutItem]
    YAML
  }
}
