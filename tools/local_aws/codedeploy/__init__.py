"""CodeDeploy: deployments of Lambda functions that shift the traffic of an alias and roll back."""
