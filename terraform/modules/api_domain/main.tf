# A domain of an HTTP API: certificate, domain name, mapping to a stage, and DNS records.

locals {
  creates_certificate = var.certificate_arn == null
  validation          = one(flatten(aws_acm_certificate.this[*].domain_validation_options[*]))
}

resource "aws_acm_certificate" "this" {
  count = local.creates_certificate ? 1 : 0

  domain_name       = var.name
  validation_method = "DNS"

  # A certificate in use cannot be deleted.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  count = local.creates_certificate ? 1 : 0

  zone_id = var.zone_id
  name    = local.validation.resource_record_name
  type    = local.validation.resource_record_type
  records = [local.validation.resource_record_value]
  ttl     = 300

  # Certificates of one name have the same record, so another stack of this account may have created it.
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "this" {
  count = local.creates_certificate ? 1 : 0

  certificate_arn         = aws_acm_certificate.this[0].arn
  validation_record_fqdns = aws_route53_record.validation[*].fqdn
}

resource "aws_apigatewayv2_domain_name" "this" {
  domain_name = var.name

  domain_name_configuration {
    certificate_arn = local.creates_certificate ? aws_acm_certificate_validation.this[0].certificate_arn : var.certificate_arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
    ip_address_type = "dualstack"
  }
}

resource "aws_apigatewayv2_api_mapping" "this" {
  api_id      = var.api_id
  domain_name = aws_apigatewayv2_domain_name.this.id
  stage       = var.stage
}

resource "aws_route53_record" "alias" {
  for_each = var.zone_id == null ? [] : toset(["A", "AAAA"])

  zone_id = var.zone_id
  name    = var.name
  type    = each.key

  alias {
    name                   = aws_apigatewayv2_domain_name.this.domain_name_configuration[0].target_domain_name
    zone_id                = aws_apigatewayv2_domain_name.this.domain_name_configuration[0].hosted_zone_id
    evaluate_target_health = false
  }
}
