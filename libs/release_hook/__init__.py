"""The function that CodeDeploy invokes before the new version of a service gets traffic."""
