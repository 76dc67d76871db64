output "arn" {
  description = "ARN of the repository."
  value       = aws_ecr_repository.this.arn
}

output "url" {
  description = "Address of the repository without a tag, such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com/<name>."
  value       = aws_ecr_repository.this.repository_url
}
