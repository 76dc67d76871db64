# Workflows of one repository exchange GitHub's token for credentials that last some hours at most. There is no access key.
# https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws

locals {
  issuer       = "token.actions.githubusercontent.com"
  provider_arn = var.create_oidc_provider ? aws_iam_openid_connect_provider.github[0].arn : "arn:${local.partition}:iam::${local.account}:oidc-provider/${local.issuer}"

  # The subject of a job with an environment:
  # https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims
  roles = merge([
    for name in keys(var.environments) : {
      "${name}-deploy" = {
        environment = name
        kind        = "deploy"
        subject     = "repo:${var.repository}:environment:${name}"
      }
      "${name}-plan" = {
        environment = name
        kind        = "plan"
        subject     = "repo:${var.repository}:environment:${name}-plan"
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
      values   = [each.value.subject]
    }
  }
}
