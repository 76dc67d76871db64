output "arn" {
  description = "ARN of the role, known once its policy is in place."
  value       = aws_iam_role.this.arn
  depends_on  = [aws_iam_role_policy.this]
}
