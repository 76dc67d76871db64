# Development: data that may be lost, and everything open that is closed by default. `make plan ENV=dev` reads this file.
environment = "dev"

# `make destroy ENV=dev` deletes the tables. Without this line it refuses.
deletion_protection = false

# Shorter than the default, because nobody reads old debug lines.
log_retention_days = 7

# Variables in service.yaml have their `local` value: what is closed by default, such as reading without a token, is open.
local_values = true

# Or one by one:
# settings = { <service> = { NAME = "value" } }

# Debug lines at once, instead of only for failed requests:
# default_sizing = { log_level = "DEBUG" }
