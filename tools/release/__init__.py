"""Releases the newest versions of the deployed services by CodeDeploy, and rolls them back."""
