# Every target works in a new clone. `make help` lists the targets.
SHELL := bash
PORT ?= 8000
PYTHON := .venv/bin/python
LOCAL_AWS := PYTHONPATH=tools $(PYTHON) -m local_aws
CONTRACT := PYTHONPATH=tools:libs:services $(PYTHON) -m contract
SCAFFOLD := PYTHONPATH=tools $(PYTHON) -m scaffold
PYTEST := .venv/bin/pytest -q
COVERED := $(PYTEST) --cov --cov-append --cov-report= --cov-fail-under=0
SERVICES := $(patsubst services/%/service.yaml,%,$(sort $(wildcard services/*/service.yaml)))
# Suites that need neither the zips nor Terraform; each runs alone in continuous integration.
SUITES := common $(SERVICES) conformance contract build-support monorepo scaffold-quick

.DEFAULT_GOAL := help
# One target after the other, but for the two lanes of `make test`.
ifndef LANES
.NOTPARALLEL:
endif
.PHONY: help doctor setup dev up deploy-local test check lint fmt types coverage suites $(SUITES:%=test-%)
.PHONY: costs openapi openapi-release lint-openapi test-terraform test-e2e test-chromium test-soak fuzz test-pants test-pants-all package lock iam-report screenshot
.PHONY: new-service remove-service rename-product test-scaffold test-typescript
.PHONY: test-local-aws test-local-aws-smoke test-local-aws-if-changed
.PHONY: bench-data-plane bench-deploy verify-emulator

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
	set -e; for suite in common $(SERVICES); do $(COVERED) tests/$$suite; done
	.venv/bin/coverage report
	@$(MAKE) --no-print-directory test-local-aws-if-changed test-conformance test-contract test-build-support test-monorepo test-scaffold-quick

suites:
	@printf '%s\n' $(SUITES) | $(PYTHON) -c 'import json, sys; print(json.dumps(sys.stdin.read().split()))'

test-common: setup ## Test the bootstrap layer alone.
	$(PYTEST) tests/common

$(SERVICES:%=test-%): test-%: setup
	$(PYTEST) tests/$*

test-conformance: setup ## Test, in process, the rules for every service: OpenAPI, roles, calls, telemetry, hostile requests.
	$(PYTEST) tests/conformance/in_process tests/conformance/hostile

test-contract: setup ## Test that docs/openapi and docs/problems.md are current, valid and compatible with the release.
	$(PYTEST) tests/contract

test-build-support: setup ## Test the scripts in build-support.
	$(PYTEST) tests/build_support

test-monorepo: setup ## Test the readers of service.yaml and product.json.
	$(PYTEST) tests/monorepo

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

test-terraform: setup ## Validate and test the Terraform code; apply, plan and destroy it on the embedded AWS.
	PYTHONPATH=tools $(PYTHON) -m local_aws.terraform.stack init validate test
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

test-pants: setup ## Check Pants' targets and dependency rules, and that changed zips alone are packaged again.
	build-support/pants tailor --check ::
	build-support/pants lint --only=visibility ::
	build-support/pants --changed-since=HEAD --changed-dependents=transitive list
	$(PYTEST) tests/pants

test-pants-all: setup ## Run ruff, mypy and every suite through Pants (slow).
	build-support/pants lint check test ::

costs: setup ## Write services/*/docs/costs.md: DynamoDB calls and units of each operation, and custom metrics.
	@WRITE_PAGES=1 $(PYTEST) tests/conformance/in_process/test_costs.py

openapi: setup ## Write docs/openapi/*.json and docs/problems.md from the code.
	@$(CONTRACT) write

openapi-release: openapi ## Keep docs/openapi/*.json as those of a release, with which later changes are compared.
	@$(CONTRACT) release

lint-openapi: ## Check docs/openapi/*.json with Spectral and Redocly (needs Node.js, the network once).
	@build-support/openapi/lint

bench-data-plane: setup ## Measure the time that the embedded AWS adds to a warm request.
	@PYTHONPATH=tools $(PYTHON) -m local_aws.commands.overhead

verify-emulator: setup ## Compare the packaged functions' responses with those under AWS's own emulator (needs the network).
	@PYTHONPATH=libs:services:tools:. $(PYTHON) -m tests.conformance.emulator

package: setup ## Build dist/*.zip for Lambda (LAMBDA_ARCH=arm64 or x86_64).
	@build-support/package

bench-deploy: doctor setup ## Measure, in a clone, `make up` to its first response, and an edit until it is served (ARGS=--repeat=5).
	@$(PYTHON) build-support/bench_deploy.py $(ARGS)

lock: setup ## Update the lock files (ARGS=--upgrade takes the newest versions).
	@build-support/lock $(ARGS)

# Any other test target, such as that of a removed service.
test-%:
	@echo "There is no suite $*. make help lists the suites." >&2; exit 2

# Commands of single services.
-include services/*/commands.mk
