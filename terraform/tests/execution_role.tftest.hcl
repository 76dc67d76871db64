# The role's policy, word for word. The provider is mocked: nothing here needs AWS.

mock_provider "aws" {}

variables {
  name          = "shop-dev-users"
  log_group_arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/shop-dev-users"
  grants        = { users = ["dynamodb:PutItem", "dynamodb:GetItem"] }
  tables = {
    users = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-users", index_arns = [] }
    books = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-books", index_arns = ["arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-books/index/by_isbn"] }
  }
}

run "a_role_allows_what_the_platform_needs_and_what_is_granted" {
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
          Resource = ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/shop-dev-users:*"]
        },
        {
          Sid      = "SendTraces"
          Effect   = "Allow"
          Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
          Resource = ["*"]
        },
        {
          Sid      = "TableUsers"
          Effect   = "Allow"
          Action   = ["dynamodb:GetItem", "dynamodb:PutItem"]
          Resource = ["arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-users"]
        },
      ]
    }
    error_message = "The policy is another one: ${aws_iam_role_policy.this.policy}"
  }

  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement == [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } },
    ]
    error_message = "Only Lambda may take the role."
  }
}

run "a_query_is_granted_on_the_indexes_of_a_table_that_has_some" {
  command = plan
  module { source = "./modules/execution_role" }
  variables {
    grants = { books = ["dynamodb:GetItem", "dynamodb:Query"] }
  }

  assert {
    condition = slice(jsondecode(aws_iam_role_policy.this.policy).Statement, 2, 4) == [
      {
        Sid      = "TableBooks"
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem"]
        Resource = ["arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-books"]
      },
      {
        Sid      = "IndexesBooks"
        Effect   = "Allow"
        Action   = ["dynamodb:Query"]
        Resource = ["arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-books/index/by_isbn"]
      },
    ]
    error_message = "The policy is another one: ${aws_iam_role_policy.this.policy}"
  }
}

run "a_table_that_is_only_queried_by_its_indexes_gets_no_statement" {
  command = plan
  module { source = "./modules/execution_role" }
  variables {
    grants = { books = ["dynamodb:Query"] }
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid] == ["WriteOwnLogs", "SendTraces", "IndexesBooks"]
    error_message = "The policy is another one: ${aws_iam_role_policy.this.policy}"
  }
}

run "a_table_without_indexes_gets_no_statement_for_them" {
  command = plan
  module { source = "./modules/execution_role" }
  variables {
    grants = { users = ["dynamodb:Query"] }
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid] == ["WriteOwnLogs", "SendTraces", "TableUsers"]
    error_message = "There is a statement too many: ${aws_iam_role_policy.this.policy}"
  }
}

run "a_secret_may_be_read_and_nothing_else_done_to_it" {
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
    error_message = "The policy is another one: ${aws_iam_role_policy.this.policy}"
  }
}

run "a_wildcard_is_refused" {
  command = plan
  module { source = "./modules/execution_role" }
  variables {
    grants = { users = ["dynamodb:*"] }
  }
  expect_failures = [var.grants]
}

run "a_scan_is_refused" {
  command = plan
  module { source = "./modules/execution_role" }
  variables {
    grants = { users = ["dynamodb:Scan"] }
  }
  expect_failures = [var.grants]
}

run "a_grant_on_a_table_that_nobody_has_is_refused" {
  command = plan
  module { source = "./modules/execution_role" }
  variables {
    grants = { loans = ["dynamodb:GetItem"] }
  }
  expect_failures = [var.tables]
}
