# Commands of this service; the Makefile includes them.
.PHONY: grant revoke rekey-addresses bench-passwords guessing

GRANTS := PYTHONPATH=libs:services:tools $(PYTHON) -m users.commands.grants
# These commands take their variables from the command line only. Environments often have a USER, an EMAIL or a NAME. An
# ENV there is more likely meant, so it is an error: the command would act on another table.
# An address may contain characters that a shell would execute, such as backquotes.
typed = '$(if $(filter command line,$(origin $(1))),$(subst ','\'',$(value $(1))))'
UNCONFIRMED = $(if $(and $(filter environment,$(origin ENV)),$(ENV)),$(error ENV=$(ENV) is in the environment of make: repeat it after make, or give ENV= for make up))
PLACE = $(UNCONFIRMED)--env=$(call typed,ENV) --name=$(call typed,NAME)
GRANTED = --scope=$(call typed,SCOPE) --user=$(call typed,USER) --email=$(call typed,EMAIL) $(if $(filter '1',$(call typed,YES)),--yes) $(PLACE)

grant: setup ## Give a user a scope (SCOPE=users:admin, and USER=<id> or EMAIL=...) under `make up`, or with ENV=prod NAME=... in your AWS account.
	@$(GRANTS) grant $(GRANTED)

revoke: setup ## Remove a scope from a user, even one of a removed service; takes the arguments of grant.
	@$(GRANTS) revoke $(GRANTED)

bench-passwords: setup ## Measure one password hash, and compute its time at each memory size (ARGS=--repeat=50).
	@PYTHONPATH=libs:services $(PYTHON) -m users.commands.bench_passwords $(ARGS)

guessing: setup ## Simulate guessers at a password and its owner, and write services/users/docs/guessing.md.
	@WRITE_PAGES=1 $(PYTEST) tests/users/test_guessing.py

rekey-addresses: setup ## After an upgrade: replace keys of e-mail addresses that an earlier version stored; ENV= and NAME= as for grant.
	@PYTHONPATH=libs:services:tools $(PYTHON) -m users.commands.rekey $(PLACE)
