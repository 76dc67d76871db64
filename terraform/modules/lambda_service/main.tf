# One service: its function on the bootstrap layer, its role, its log group, and the alias that the API invokes.

# Created before the function, because Lambda would create a group that never expires.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts every group. A customer managed key is left to the user of this stack.
  #checkov:skip=CKV_AWS_338:The environment chooses the retention. These are debug lines, not an audit log.
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}

module "role" {
  source = "../execution_role"

  name          = var.name
  log_group_arn = aws_cloudwatch_log_group.this.arn
  grants        = var.grants
  tables        = var.tables
  secrets       = var.secrets
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_115:A reservation reduces the concurrency of all other functions of the account, so the environment chooses it (sizing).
  #checkov:skip=CKV_AWS_116:A dead letter queue is for asynchronous events. The API invokes this function synchronously.
  #checkov:skip=CKV_AWS_117:The function calls only DynamoDB and Secrets Manager, which are not in a VPC.
  #checkov:skip=CKV_AWS_173:Lambda encrypts the variables. None of them is a secret.
  #checkov:skip=CKV_AWS_272:A role that may update the function could also sign the zip. The plan pins each zip by its hash.
  function_name    = var.name
  role             = module.role.arn
  filename         = var.package.zip
  source_code_hash = fileexists(var.package.zip) ? filebase64sha256(var.package.zip) : null # `terraform destroy` works without zips
  handler          = "${var.service}.handler.handler"
  runtime          = "python3.13"
  architectures    = [var.package.architecture]
  layers           = var.package.layers
  memory_size      = var.sizing.memory_size
  timeout          = var.sizing.timeout
  publish          = true

  reserved_concurrent_executions = var.sizing.reserved_concurrency

  environment {
    variables = merge(
      var.environment,
      { for secret, arn in var.secrets : "${upper(secret)}_SECRET_ID" => arn },
      {
        LOG_LEVEL                          = var.sizing.log_level
        POWERTOOLS_METRICS_NAMESPACE       = var.metrics_namespace
        POWERTOOLS_SERVICE_NAME            = var.service
        POWERTOOLS_TRACER_CAPTURE_RESPONSE = "false"
      },
      var.sizing.log_sample_rate > 0 ? { POWERTOOLS_LOGGER_SAMPLE_RATE = tostring(var.sizing.log_sample_rate) } : {},
      var.sizing.tracing ? {} : { TRACING = "off" },
    )
  }

  # LOG_LEVEL applies inside the function, so Lambda must not filter the function's lines.
  logging_config {
    log_format            = "JSON"
    application_log_level = "TRACE"
    system_log_level      = "INFO"
    log_group             = aws_cloudwatch_log_group.this.name
  }

  tracing_config {
    mode = var.sizing.tracing ? "Active" : "PassThrough"
  }

  lifecycle {
    precondition {
      condition     = fileexists(var.package.zip)
      error_message = "There is no ${var.package.zip}: run `make package` first."
    }
  }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "The version that the API invokes."
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}
