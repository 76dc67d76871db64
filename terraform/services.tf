# What a service is. What an environment chooses for it (memory, timeout, log level) is variable "sizing".
#
#   paths    each path, and everything below it, is routed to the service; the first one is its address
#   default  exactly one service also answers every path that no route names
#   grants   table => DynamoDB actions that its role may call there, and nothing else

locals {
  services = {
    users = {
      paths   = ["/api/v1/users", "/users"]
      default = true
      grants = {
        users = [
          "dynamodb:ConditionCheckItem",
          "dynamodb:DeleteItem",
          "dynamodb:GetItem",
          "dynamodb:PutItem",
          "dynamodb:Query",
          "dynamodb:UpdateItem",
        ]
      }
    }

    books = {
      paths   = ["/api/v1/books"]
      default = false
      grants  = { books = ["dynamodb:GetItem", "dynamodb:PutItem"] }
    }
  }

  prefix = "${var.name}-${var.environment}"
}
