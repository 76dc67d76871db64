# What a service is. What an environment chooses for it (memory, timeout, log level) is variable "sizing".
#
#   paths        each path, and everything below it, is routed to the service; the first one is its address
#   default      exactly one service also answers every path that no route names
#   grants       table => DynamoDB actions that its role may call there, and nothing else; Query is for its indexes
#   secrets      secrets that its role may read; <NAME>_SECRET_ID tells the function where each of them is
#   environment  variables that only this service has

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
      secrets = ["jwt"]
      environment = {
        PUBLIC_USER_READ = tostring(var.public_user_read != null ? var.public_user_read : var.environment != "prod")
      }
    }

    books = {
      paths   = ["/api/v1/books"]
      default = false
      grants = {
        books = [
          "dynamodb:DeleteItem",
          "dynamodb:GetItem",
          "dynamodb:PutItem",
          "dynamodb:Query",
          "dynamodb:UpdateItem",
        ]
      }
      secrets     = ["jwt"]
      environment = {}
    }
  }

  prefix = "${var.name}-${var.environment}"

  # Environments may share an account and a region: one must not set off the other's alarms.
  metrics_namespace = "${title(var.name)}/${var.environment}"
}
