# The role's policy, word for word. The provider is mocked: nothing here needs AWS.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
}

variables {
  name          = "shop-dev-orders-eu-central-1"
  log_group_arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/shop-dev-orders"
  grants        = { orders = ["dynamodb:PutItem", "dynamodb:GetItem"] }
  tables = {
    orders = { arns = ["arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-orders"], index_arns = [] }
    stock  = { arns = ["arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-stock"], index_arns = ["arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-stock/index/by_customer"] }
  }
}

run "role_allows_logs_traces_and_grants_only" {
  command = plan
  module { source = "./modules/execution_role" }

  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid      = "WriteOwnLogs"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/shop-dev-orders:*"]
        },
        {
          Sid      = "SendTraces"
          Effect   = "Allow"
          Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
          Resource = ["*"]
        },
        {
          Sid      = "TableOrders"
          Effect   = "Allow"
          Action   = ["dynamodb:GetItem", "dynamodb:PutItem"]
          Resource = ["arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-orders"]
        },
      ]
    }
    error_message = "The policy is wrong: ${aws_iam_role_policy.this.policy}"
  }

  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement == [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } },
    ]
    error_message = "Only Lambda may assume the role."
  }
}

run "query_is_granted_on_indexes_only" {
  command = plan
  module { source = "./modules/execution_role" }
  variables {
    grants = { stock = ["dynamodb:GetItem", "dynamodb:Query"] }
  }

  assert {
    condition = slice(jsondecode(aws_iam_role_policy.this.policy).Statement, 2, 4) == [
      {
        Sid      = "TableStock"
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem"]
        Resource = ["arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-stock"]
      },
      {
        Sid      = "IndexesStock"
        Effect   = "Allow"
        Action   = ["dynamodb:Query"]
        Resource = ["arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-stock/index/by_customer"]
      },
    ]
    error_message = "The policy is wrong: ${aws_iam_role_policy.this.policy}"
  }
}

run "table_with_queries_only_has_no_statement_of_its_own" {
  command = plan
  module { source = "./modules/execution_role" }
  variables {
    grants = { stock = ["dynamodb:Query"] }
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid] == ["WriteOwnLogs", "SendTraces", "IndexesStock"]
    error_message = "The policy is wrong: ${aws_iam_role_policy.this.policy}"
  }
}

run "table_without_indexes_has_no_index_statement" {
  command = plan
  module { source = "./modules/execution_role" }
  variables {
    grants = { orders = ["dynamodb:Query"] }
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid] == ["WriteOwnLogs", "SendTraces", "TableOrders"]
    error_message = "There is one statement too many: ${aws_iam_role_policy.this.policy}"
  }
}

run "secret_can_only_be_read" {
  command = plan
  module { source = "./modules/execution_role" }
  variables {
    secrets = { jwt = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-dev-jwt-AbCdEf" }
  }

  assert {
    condition = slice(jsondecode(aws_iam_role_policy.this.policy).Statement, 3, 4) == [
      {
        Sid      = "SecretJwt"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-dev-jwt-AbCdEf"]
      },
    ]
    error_message = "The policy is wrong: ${aws_iam_role_policy.this.policy}"
  }
}

run "wildcard_is_rejected" {
  command = plan
  module { source = "./modules/execution_role" }
  variables {
    grants = { orders = ["dynamodb:*"] }
  }
  expect_failures = [var.grants]
}

run "scan_is_rejected" {
  command = plan
  module { source = "./modules/execution_role" }
  variables {
    grants = { orders = ["dynamodb:Scan"] }
  }
  expect_failures = [var.grants]
}

run "grant_on_unknown_table_is_rejected" {
  command = plan
  module { source = "./modules/execution_role" }
  variables {
    grants = { refunds = ["dynamodb:GetItem"] }
  }
  expect_failures = [var.tables]
}

run "customer_managed_key_is_granted_through_three_services_only" {
  command = plan
  module { source = "./modules/execution_role" }
  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement if statement.Sid == "DecryptData"] == [{
      Sid       = "DecryptData"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = ["arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
      Condition = { StringEquals = { "kms:ViaService" = ["dynamodb.eu-central-1.amazonaws.com", "lambda.eu-central-1.amazonaws.com", "secretsmanager.eu-central-1.amazonaws.com"] } }
    }]
    error_message = "The statement on the key is wrong: ${aws_iam_role_policy.this.policy}"
  }
}

run "role_has_the_chosen_path_and_boundary" {
  command = plan
  module { source = "./modules/execution_role" }
  variables {
    path                     = "/services/"
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary"
  }

  assert {
    condition     = aws_iam_role.this.path == "/services/" && aws_iam_role.this.permissions_boundary == "arn:aws:iam::123456789012:policy/boundary"
    error_message = "The role's path or boundary is wrong."
  }
}
