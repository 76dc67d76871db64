output "state_bucket" {
  description = "Bucket of the states: `bucket` of the S3 backend."
  value       = aws_s3_bucket.this["state"].bucket
}

output "artefact_bucket" {
  description = "Bucket that releases are deployed from: `artefact_bucket` of the root in another account. `make publish` uploads zips to the one of its account."
  value       = local.release_bucket
}

output "roles" {
  description = "GitHub environment => the ARNs of its roles: deploy is for jobs in that environment, plan for jobs in <environment>-plan."
  value = {
    for name in keys(var.environments) : name => {
      deploy = aws_iam_role.this["${name}-deploy"].arn
      plan   = aws_iam_role.this["${name}-plan"].arn
    }
  }
}

output "permissions_boundary_arns" {
  description = "GitHub environment => boundary of every role that its deployments create: `permissions_boundary_arn` of the root."
  value       = { for name, boundary in aws_iam_policy.boundary : name => boundary.arn }
}
