"""The policies of the roles that plan and deploy, written from what a deployment called: `make deploy-policy`."""
