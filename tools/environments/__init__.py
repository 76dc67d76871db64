"""Plans, deploys and destroys environments in an AWS account."""
