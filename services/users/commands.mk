# Commands of this service alone; the Makefile includes them.
.PHONY: grant revoke bench-passwords

GRANTS := PYTHONPATH=libs:services:tools $(PYTHON) -m users.commands.grants

grant: setup ## Give a user a scope (SCOPE=users:admin EMAIL=...) where `make up` runs; ENV=prod NAME=...: in your AWS account.
	@$(GRANTS) grant --scope "$(SCOPE)" --email "$(EMAIL)" --env "$(ENV)" --name "$(NAME)"

revoke: setup ## Take a scope away from a user; the arguments are those of grant.
	@$(GRANTS) revoke --scope "$(SCOPE)" --email "$(EMAIL)" --env "$(ENV)" --name "$(NAME)"

bench-passwords: setup ## Measure one password hash; compute its time at each memory size (ARGS=--repeat=50).
	@PYTHONPATH=libs:services $(PYTHON) -m users.commands.bench_passwords $(ARGS)
