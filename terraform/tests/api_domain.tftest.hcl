# Certificate, domain name, mapping and DNS records of a custom domain.

mock_provider "aws" {
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:eu-central-1:123456789012:certificate/new"
      domain_validation_options = [{
        domain_name           = "api.example.com"
        resource_record_name  = "_a.api.example.com."
        resource_record_type  = "CNAME"
        resource_record_value = "_b.acm-validations.aws."
      }]
    }
  }
  mock_resource "aws_acm_certificate_validation" {
    defaults = { certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/new" }
  }
  mock_resource "aws_apigatewayv2_domain_name" {
    defaults = {
      id = "api.example.com"
      domain_name_configuration = {
        target_domain_name = "d-1.execute-api.eu-central-1.amazonaws.com"
        hosted_zone_id     = "Z1"
      }
    }
  }
}

variables {
  name    = "api.example.com"
  zone_id = "Z0"
  api_id  = "abc123"
  stage   = "$default"
}

run "new_certificate_is_validated_by_dns_in_the_zone" {
  command = apply
  module { source = "./modules/api_domain" }

  assert {
    condition     = aws_acm_certificate.this[0].domain_name == "api.example.com" && aws_acm_certificate.this[0].validation_method == "DNS"
    error_message = "The certificate is for another name, or is not validated by DNS."
  }
  assert {
    condition = (
      aws_route53_record.validation[0].zone_id == "Z0" && aws_route53_record.validation[0].type == "CNAME" &&
      aws_route53_record.validation[0].name == "_a.api.example.com." && aws_route53_record.validation[0].records == toset(["_b.acm-validations.aws."])
    )
    error_message = "The record by which ACM validates the certificate is wrong."
  }
  assert {
    condition     = aws_apigatewayv2_domain_name.this.domain_name_configuration[0].certificate_arn == aws_acm_certificate_validation.this[0].certificate_arn
    error_message = "The domain name does not wait for the validated certificate."
  }
  assert {
    condition = (
      aws_apigatewayv2_domain_name.this.domain_name == "api.example.com" &&
      aws_apigatewayv2_domain_name.this.domain_name_configuration[0].security_policy == "TLS_1_2" &&
      aws_apigatewayv2_domain_name.this.domain_name_configuration[0].ip_address_type == "dualstack"
    )
    error_message = "The domain accepts an older TLS, or has no IPv6 address for its AAAA record."
  }
  assert {
    condition     = aws_apigatewayv2_api_mapping.this.api_id == "abc123" && aws_apigatewayv2_api_mapping.this.stage == "$default" && aws_apigatewayv2_api_mapping.this.domain_name == "api.example.com"
    error_message = "The domain is not mapped to the stage."
  }
  assert {
    condition = alltrue([
      for type in ["A", "AAAA"] :
      aws_route53_record.alias[type].zone_id == "Z0" && aws_route53_record.alias[type].name == "api.example.com" && aws_route53_record.alias[type].type == type &&
      aws_route53_record.alias[type].alias[0].name == aws_apigatewayv2_domain_name.this.domain_name_configuration[0].target_domain_name &&
      aws_route53_record.alias[type].alias[0].zone_id == aws_apigatewayv2_domain_name.this.domain_name_configuration[0].hosted_zone_id
    ])
    error_message = "An alias record does not point to the domain's endpoint."
  }
}

run "existing_certificate_needs_no_zone" {
  command = apply
  module { source = "./modules/api_domain" }
  variables {
    zone_id         = null
    certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/old"
  }

  assert {
    condition     = aws_apigatewayv2_domain_name.this.domain_name_configuration[0].certificate_arn == "arn:aws:acm:eu-central-1:123456789012:certificate/old"
    error_message = "The domain has another certificate."
  }
  assert {
    condition     = length(aws_acm_certificate.this) + length(aws_route53_record.validation) + length(aws_route53_record.alias) == 0
    error_message = "There is a second certificate, or a record without a zone."
  }
}

run "address_and_name_that_is_no_arn_are_rejected" {
  command = plan
  module { source = "./modules/api_domain" }
  variables {
    name            = "https://api.example.com"
    certificate_arn = "old"
  }
  expect_failures = [var.name, var.certificate_arn]
}

run "new_certificate_without_a_zone_is_rejected" {
  command = plan
  module { source = "./modules/api_domain" }
  variables {
    zone_id = null
  }
  expect_failures = [var.zone_id]
}
