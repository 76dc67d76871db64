# Commands of this service; the Makefile includes them.
.PHONY: grant revoke bench-passwords guessing

GRANTS := PYTHONPATH=libs:services:tools $(PYTHON) -m users.commands.grants

grant: setup ## Give a user a scope (SCOPE=users:admin EMAIL=...) under `make up`, or with ENV=prod NAME=... in your AWS account.
	@$(GRANTS) grant --scope "$(SCOPE)" --email "$(EMAIL)" --env "$(ENV)" --name "$(NAME)"

revoke: setup ## Remove a scope from a user, even one of a removed service; takes the arguments of grant.
	@$(GRANTS) revoke --scope "$(SCOPE)" --email "$(EMAIL)" --env "$(ENV)" --name "$(NAME)"

bench-passwords: setup ## Measure one password hash, and compute its time at each memory size (ARGS=--repeat=50).
	@PYTHONPATH=libs:services $(PYTHON) -m users.commands.bench_passwords $(ARGS)

guessing: setup ## Simulate guessers at a password and its owner, and write services/users/docs/guessing.md.
	@WRITE_PAGES=1 $(PYTEST) tests/users/test_guessing.py
