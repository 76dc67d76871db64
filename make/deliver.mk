# From an empty account to production: docs/production.md. VARS names the file of variables of an environment that has none.

ENVIRONMENTS := PYTHONPATH=tools $(PYTHON) -m environments
CHOSEN = --env "$(ENV)" $(if $(VARS),--vars "$(VARS)")
OUTPUTS = $(ENVIRONMENTS) outputs $(CHOSEN)
RELEASER = set -o pipefail; $(OUTPUTS) | PYTHONPATH=tools $(PYTHON) -m release

bootstrap: setup ## Prepare an AWS account: buckets, GitHub's identity, roles (REPOSITORY=owner/name ARGS=... CONFIRM=<account>).
	@$(ENVIRONMENTS) bootstrap $(if $(REPOSITORY),--repository "$(REPOSITORY)") $(ARGS)

deploy-policy: setup ## Write the policies of the roles that plan and deploy, from a deployment on the embedded AWS (minutes).
	@PYTHONPATH=tools $(PYTHON) -m environments.policies

release-images: setup ## Build and push the images of services that are images in an environment, from dist (ENVS=staging,prod).
	@$(ENVIRONMENTS) images --envs "$(ENVS)"

publish: setup ## Upload dist/ to the account as a release, once, with the digests of its images (RELEASE=v1.2.0).
	@$(ENVIRONMENTS) publish --release "$(RELEASE)"

plan: setup ## Show and save the plan of an environment (ENV=dev VARS=dev RELEASE=v1.2.0 ARGS=<of terraform plan>).
	@$(ENVIRONMENTS) plan $(CHOSEN) $(if $(RELEASE),--release "$(RELEASE)") $(ARGS)

deploy: setup ## Apply exactly the saved plan, then make release (ENV=dev VARS=dev ARGS=<of make release>).
	@$(ENVIRONMENTS) deploy $(CHOSEN)
	@$(RELEASER) deploy --environment "$(ENV)" $(ARGS)

release: setup ## Release the applied versions, and delete old ones (ENV=prod VARS=prod ARGS="--retry --ignore-alarms").
	@$(RELEASER) deploy --environment "$(ENV)" $(ARGS)

rollback: setup ## Send all traffic back to the version before, by CodeDeploy (ENV=prod VARS=prod SERVICE=...).
	@$(RELEASER) rollback --environment "$(ENV)" $(if $(SERVICE),--service "$(SERVICE)")

verify-deployed: setup ## Verify a deployment and its telemetry (ENV=staging BASE_URL=https://... ARGS="--report=report.md --journeys").
	@PYTHONPATH=libs:services:tools:. $(PYTHON) -m tests.conformance.deployed --environment "$(ENV)" $(if $(BASE_URL),--base-url "$(BASE_URL)") $(ARGS)

destroy: setup ## Delete an environment and its data, unless it is protected (ENV=dev VARS=dev; CONFIRM=dev does not ask).
	@$(ENVIRONMENTS) destroy $(CHOSEN)
