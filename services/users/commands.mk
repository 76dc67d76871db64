# Commands of this service; the Makefile includes them.
.PHONY: grant revoke rekey-addresses bench-passwords guessing

GRANTS := PYTHONPATH=libs:services:tools $(PYTHON) -m users.commands.grants
# An address may contain characters that a shell would execute, such as backquotes.
# USER counts only on the command line: most environments have a variable of this name.
GRANTED = --scope "$(SCOPE)" --user "$(if $(filter command line,$(origin USER)),$(USER))" --email '$(subst ','\'',$(value EMAIL))' $(if $(YES),--yes) --env "$(ENV)" --name "$(NAME)"

grant: setup ## Give a user a scope (SCOPE=users:admin, and USER=<id> or EMAIL=...) under `make up`, or with ENV=prod NAME=... in your AWS account.
	@$(GRANTS) grant $(GRANTED)

revoke: setup ## Remove a scope from a user, even one of a removed service; takes the arguments of grant.
	@$(GRANTS) revoke $(GRANTED)

bench-passwords: setup ## Measure one password hash, and compute its time at each memory size (ARGS=--repeat=50).
	@PYTHONPATH=libs:services $(PYTHON) -m users.commands.bench_passwords $(ARGS)

guessing: setup ## Simulate guessers at a password and its owner, and write services/users/docs/guessing.md.
	@WRITE_PAGES=1 $(PYTEST) tests/users/test_guessing.py

rekey-addresses: setup ## After an upgrade: replace keys of e-mail addresses that an earlier version stored; ENV= and NAME= as for grant.
	@PYTHONPATH=libs:services:tools $(PYTHON) -m users.commands.rekey --env "$(ENV)" --name "$(NAME)"
