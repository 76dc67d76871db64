"""IAM: roles, the permissions that calls need, temporary credentials, and the recorded calls."""
