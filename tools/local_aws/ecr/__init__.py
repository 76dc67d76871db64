"""ECR: images as manifests in the control plane, and their files as folders."""
