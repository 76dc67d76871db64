# Staging: as prod, with the same sizes, so that what passes here passes there. `make plan ENV=staging` reads this file.
environment = "staging"

log_retention_days = 30

# By CodeDeploy and its hook as in prod, but without waiting: it ends before an alarm can go off (docs/releases.md).
release = { strategy = "all_at_once" }

# alarms = { email = "team@example.com" }
