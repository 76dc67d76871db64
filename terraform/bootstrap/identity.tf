# Workflows of one repository exchange GitHub's token for credentials that last an hour. There is no access key.
# https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws

locals {
  issuer       = "token.actions.githubusercontent.com"
  provider_arn = var.create_oidc_provider ? aws_iam_openid_connect_provider.github[0].arn : "arn:${local.partition}:iam::${local.account}:oidc-provider/${local.issuer}"

  # A job with an environment has that one as its subject, and a job of a pull request without one has pull_request:
  # https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims
  roles = merge([
    for name, one in var.environments : {
      "${name}-deploy" = {
        environment = name
        kind        = "deploy"
        subjects    = ["repo:${var.repository}:environment:${name}"]
      }
      "${name}-plan" = {
        environment = name
        kind        = "plan"
        subjects = concat(
          ["repo:${var.repository}:environment:${name}-plan"],
          one.plan_pull_requests ? ["repo:${var.repository}:pull_request"] : [],
        )
      }
    }
  ]...)
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.create_oidc_provider ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "trust" {
  for_each = local.roles

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = each.value.subjects
    }
  }
}
