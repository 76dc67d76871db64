# Every target runs from a bare clone; `make help` lists them.
SHELL := bash
PORT ?= 8000
PYTHON := .venv/bin/python
LOCAL_AWS := PYTHONPATH=tools $(PYTHON) -m local_aws
PYTEST := .venv/bin/pytest -q
COVERED := $(PYTEST) --cov --cov-append --cov-report= --cov-fail-under=0

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help doctor setup dev up deploy-local test check lint fmt types coverage test-users test-books test-common
.PHONY: costs test-conformance test-terraform test-e2e test-chromium test-soak test-pants package lock iam-report screenshot
.PHONY: bench-data-plane bench-deploy verify-emulator

help: ## Show this list.
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "%-16s %s\n", $$1, $$2 }'

doctor: ## Say what is needed on this machine, and where it is or how to get it.
	@build-support/doctor

setup: ## Install the locked packages into .venv (every other target does it when needed).
	@build-support/setup

dev: setup ## Run both services with reload on one port: Python only, no Terraform (PORT=8000).
	@PYTHONPATH=libs:services:tools $(PYTHON) -m local_aws dev --port $(PORT)

up: doctor setup ## Package, start the embedded AWS, apply Terraform, serve the very zips (PORT=8000 ARGS=...).
	@$(LOCAL_AWS) up --port $(PORT) $(ARGS)

deploy-local: setup ## Package and apply again while `make up` runs in another terminal.
	@$(LOCAL_AWS) deploy

iam-report: setup ## Say what each role may do and has used, while `make up` runs; fails when a call was denied.
	@$(LOCAL_AWS) iam-report
screenshot: setup ## Take the README's pictures of a running `make up` (needs Chromium).
	@$(LOCAL_AWS) screenshot

test: doctor check package test-terraform test-e2e test-pants ## All that CI runs, but for what needs Chromium.
	@echo "All checks and tests passed."

check: lint types coverage ## Lint, types, and every fast test with the coverage threshold.

lint: setup ## Check style, in Python and Terraform.
	.venv/bin/ruff check --quiet .
	.venv/bin/ruff format --quiet --check .
	terraform fmt -check -recursive terraform

fmt: setup ## Put the code into its standard form.
	.venv/bin/ruff check --quiet --fix . ; .venv/bin/ruff format --quiet .
	terraform fmt -recursive terraform

types: setup ## Check types.
	.venv/bin/mypy libs services tools tests build-support

coverage: setup ## Run the suites that need no package, and hold libs and services to the coverage threshold.
	rm -f .coverage && $(COVERED) tests/common && $(COVERED) tests/users && $(COVERED) tests/books
	.venv/bin/coverage report
	$(PYTEST) tests/local_aws tests/build_support tests/conformance/in_process

test-users: setup ## Test the users service alone.
	$(PYTEST) tests/users

test-books: setup ## Test the books service alone.
	$(PYTEST) tests/books

test-common: setup ## Test the bootstrap layer alone.
	$(PYTEST) tests/common

test-conformance: setup ## Test in process what every service must do: OpenAPI, roles, DynamoDB calls, telemetry.
	$(PYTEST) tests/conformance/in_process

test-terraform: setup ## Validate and test the Terraform code; apply, plan and destroy it on the embedded AWS.
	PYTHONPATH=tools $(PYTHON) -m local_aws.terraform.stack init validate test
	$(PYTEST) tests/terraform

test-e2e: setup ## Test the packaged zips end to end.
	$(PYTEST) tests/e2e

test-chromium: setup ## Test the page, its picture and Swagger UI's Authorize in a Chromium, which has to be on PATH.
	$(PYTEST) tests/chromium

test-soak: setup ## Thousands of requests with kills and deployments: answers, telemetry, memory; takes minutes, prints its figures.
	$(PYTEST) tests/soak

test-pants: setup ## Run the suites and checks through Pants, as its users do.
	build-support/pants tailor --check lint check test ::
	build-support/pants --changed-since=HEAD --changed-dependents=transitive list
	$(PYTEST) tests/pants

costs: setup ## Write services/*/docs/costs.md: DynamoDB calls and units of each operation, custom metrics.
	@WRITE_PAGES=1 $(PYTEST) tests/conformance/in_process/test_costs.py

bench-data-plane: setup ## Measure what the embedded AWS itself adds to a warm request.
	@PYTHONPATH=tools $(PYTHON) -m local_aws.commands.overhead

verify-emulator: setup ## Compare the packaged functions' answers with those under AWS's own emulator (needs the network).
	@PYTHONPATH=tools $(PYTHON) -m local_aws.comparison.verify_emulator

package: setup ## Build dist/*.zip for Lambda (LAMBDA_ARCH=arm64 or x86_64).
	@build-support/package

bench-deploy: doctor setup ## Measure, in a clone, `make up` to its first answer and an edit until it answers (ARGS=--repeat=5).
	@$(PYTHON) build-support/bench_deploy.py $(ARGS)

lock: setup ## Write the lock files again (ARGS=--upgrade takes the newest versions).
	@build-support/lock $(ARGS)

# Commands of one service alone.
-include services/*/commands.mk
