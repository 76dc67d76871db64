# Everything that CI runs, and what runs every night.

PYTEST := .venv/bin/pytest -q
# Suites that need neither the zips nor Terraform; each runs alone in continuous integration. Those of the first line
# cover libs and services.
COVERING := common release-hook $(SERVICES)
OTHERS := conformance contract cost build-support environments monorepo release scaffold-quick
SUITES := $(COVERING) $(OTHERS)
WITHOUT_ZIPS := lint types coverage-report test-local-aws-if-changed $(OTHERS:%=test-%)

# Two workers take these, the longest first. What comes after them takes seconds, or waits for others.
QUEUE := test-packaged test-local-aws-if-changed test-terraform test-conformance test-scaffold-quick coverage-common types \
  test-build-support $(SERVICES:%=coverage-%)

test: doctor setup provider ## Run everything that CI runs, except the tests in Chromium; uses two cores.
	@set -eo pipefail; TMPDIR=$$(mktemp -d); export TMPDIR; trap 'rm -rf "$$TMPDIR"' EXIT; \
	  $(MAKE) --no-print-directory --keep-going QUEUED=1 -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync) \
	    $(QUEUE) $(filter-out $(QUEUE),$(WITHOUT_ZIPS)) 2>&1 | tee "$$TMPDIR/output" || \
	  { echo "Failed:"; grep -F ' *** ' "$$TMPDIR/output"; exit 1; }
	@echo "All checks and tests passed."

# One after the other, because all of them package into the same folder.
test-packaged:
	@$(MAKE) --no-print-directory QUEUED= package && $(MAKE) --no-print-directory QUEUED= test-zips

check: lint types coverage ## Lint, types, and every fast test with the coverage threshold.

coverage: $(filter-out lint types,$(WITHOUT_ZIPS)) ## Run the suites that need no zips, and check the coverage of libs and services.

# Each suite has data of its own, because two of them may run at the same time.
$(COVERING:%=coverage-%): coverage-%: setup
	COVERAGE_FILE=.coverage.$* $(PYTEST) --cov --cov-report= --cov-fail-under=0 tests/$(subst -,_,$*)

coverage-report: $(COVERING:%=coverage-%)
	.venv/bin/coverage combine --quiet $(COVERING:%=.coverage.%)
	.venv/bin/coverage report

# Terraform's provider, before two tests install it at the same time.
provider: setup
	$(if $(QUEUED),,PYTHONPATH=tools $(PYTHON) -m local_aws.terraform.stack init)

# For the matrices of .github/workflows.
suites:
	@$(PYTHON) build-support/changed_suites.py $(SUITES)

# What takes too long for every change.
NIGHTLY := test-local-aws test-pants-all test-scaffold test-soak test-faults test-typescript fuzz verify-emulator verify-roots lint-openapi \
  test-upgrade test-production test-production-api test-production-regions test-production-release \
  test-production-environments test-production-policies
COMMA := ,
nightly:
	@echo 'targets=[$(subst $() ,$(COMMA),$(patsubst %,"%",$(NIGHTLY)))]'

# A suite that is the folder of its name. Its line below is its description.
FOLDERS := common release-hook $(SERVICES) contract cost build-support monorepo release environments local-aws
$(FOLDERS:%=test-%): test-%: setup
	$(PYTEST) tests/$(subst -,_,$*)
test-common: ## Test the bootstrap layer alone.
test-release-hook: ## Test the function that checks a new version before it gets traffic.
test-contract: ## Test that docs/openapi and docs/problems.md are current, valid and compatible with the release.
test-cost: ## Test the estimate of costs, and that docs/costs.md and docs/scale.md are current.
test-build-support: ## Test the scripts in build-support.
test-monorepo: ## Test the readers of service.yaml and product.json.
test-release: ## Test the command that releases and rolls back.
test-environments: ## Test `make plan`, `deploy`, `destroy` and `publish`, and the policies of the roles that deploy.
test-local-aws: ## Test the embedded AWS alone.

test-conformance: setup ## Test, in process, the rules for every service: OpenAPI, roles, calls, telemetry, hostile requests.
	$(PYTEST) tests/conformance/in_process tests/conformance/hostile tests/conformance/deployed

test-scaffold-quick: setup ## Add a service in a copy of the repository and check it (one minute).
	$(PYTEST) tests/scaffold --ignore=tests/scaffold/orders

test-scaffold: setup ## Test adding, removing and renaming in copies of the repository (slow).
	$(PYTEST) -s tests/scaffold

test-local-aws-smoke: setup ## Test that the embedded AWS serves, logs and traces a function.
	$(PYTEST) tests/local_aws/test_smoke.py tests/local_aws/test_imports.py

# The inputs of the embedded AWS's suite.
LOCAL_AWS_INPUTS := tools/local_aws tools/monorepo tests/local_aws tests/support 3rdparty/python pyproject.toml
test-local-aws-if-changed: setup ## Test the embedded AWS if it differs from origin/main, else run its smoke test.
	@if build-support/changed $(LOCAL_AWS_INPUTS); then \
	  $(MAKE) --no-print-directory test-local-aws; else $(MAKE) --no-print-directory test-local-aws-smoke; fi

test-terraform: provider ## Validate and test the Terraform code; apply, plan and destroy it on the embedded AWS.
	PYTHONPATH=tools $(PYTHON) -m local_aws.terraform.stack validate test
	PYTHONPATH=tools $(PYTHON) -m local_aws.terraform.stack --root terraform/bootstrap init validate test
	$(PYTEST) tests/terraform

test-e2e: setup ## Test the packaged zips end to end, on one deployment for all suites.
	$(PYTEST) tests/e2e $(wildcard tests/*/journeys)

# benchmarks/ adds its own to these.
test-zips: test-e2e test-pants ## Run every test of the packaged zips.

test-typescript: setup ## Test the journeys through clients in TypeScript; needs Node.js 20 or newer, and npm.
	npm ci --silent --ignore-scripts --prefix tests/typescript
	$(PYTEST) tests/typescript

test-chromium: setup ## Test the page, its picture and Swagger UI's Authorize in Chromium, which must be on PATH.
	$(PYTEST) tests/chromium $(wildcard tests/*/chromium)

test-soak: setup ## Test thousands of requests with kills and deployments: responses, telemetry, memory (minutes).
	$(PYTEST) tests/conformance/soak

test-faults: setup ## Test each fault of AWS in each call of each operation, kills and races (minutes).
	$(PYTEST) tests/conformance/faults

faults: setup ## Write docs/faults.md, what each fault of AWS leads to (minutes).
	WRITE_PAGES=1 $(PYTEST) tests/conformance/faults/test_faults.py

fuzz: doctor setup ## Send 30,000 generated requests to the packaged zips as every role (ARGS="--requests=500 --seed=1").
	@PYTHONPATH=libs:services:tools:. $(PYTHON) -m tests.conformance.fuzz $(ARGS)

test-pants: setup ## Check Pants' targets and dependency rules, and that changed zips alone are packaged again.
	build-support/pants tailor --check ::
	build-support/pants lint --only=visibility ::
	build-support/pants --changed-since=HEAD --changed-dependents=transitive list
	$(PYTEST) tests/pants

test-pants-all: setup ## Run ruff, mypy and every suite through Pants (slow).
	build-support/pants lint check test ::

test-upgrade: setup ## Test that a clone of an earlier version merges the present as docs/upgrading.md says (minutes).
	$(PYTEST) -s tests/production/upgrade

test-production: setup ## Apply all of production with a third service, edit and destroy it; recover failed releases (minutes).
	$(PYTEST) tests/production/stack

test-production-regions: setup ## Apply the stack in two regions of one account side by side (minutes).
	$(PYTEST) tests/production/regions

PRODUCTION := api environments policies release
$(PRODUCTION:%=test-production-%): test-production-%: setup
	$(PYTEST) -s tests/production/$*
test-production-api: ## Deploy with a custom domain and an OpenID Connect issuer, and use every service (minutes).
test-production-environments: ## Bootstrap an account on the embedded AWS, and deploy under its roles alone (minutes).
test-production-policies: ## Deploy on the embedded AWS without each statement of the deploy role's policy (half an hour).
test-production-release: ## Release good and bad versions by CodeDeploy: hook, alarm, rollback, next plan (minutes).

.PHONY: suites nightly provider test-packaged $(SERVICES:%=test-%) $(COVERING:%=coverage-%) coverage-report

# Any other test target, such as that of a removed service.
test-%:
	@echo "There is no suite $*. make help lists the suites." >&2; exit 2
