output "target" {
  description = "Name and hosted zone of the endpoint that the domain's DNS records point to."
  value = {
    name    = aws_apigatewayv2_domain_name.this.domain_name_configuration[0].target_domain_name
    zone_id = aws_apigatewayv2_domain_name.this.domain_name_configuration[0].hosted_zone_id
  }
}
