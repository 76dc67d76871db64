# The state is in the S3 bucket of terraform/bootstrap. environments/<environment>.s3.tfbackend names it:
# `make plan ENV=dev` passes that file to `terraform init`. README.md has the line that keeps the state in a local file.
terraform {
  backend "s3" {}
}
