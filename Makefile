# Every target works in a new clone. `make help` lists the targets, which are in make/.
SHELL := bash
PYTHON := .venv/bin/python
PORT ?= 8000
LAMBDA_ARCH ?= arm64
SERVICES := $(patsubst services/%/service.yaml,%,$(sort $(wildcard services/*/service.yaml)))

.DEFAULT_GOAL := help
# One target after the other, but for the queue of `make test`.
ifndef QUEUED
.NOTPARALLEL:
endif

help: ## Show this list.
	@grep -hE '$(LISTED)' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "%-26s %s\n", $$1, $$2 }'
	@echo "Services: $(SERVICES)"

doctor: ## Show which tools are found on this machine, and how to get the missing ones.
	@build-support/doctor

# In the queue it is done, and a target that waits for another begins after all that do not.
setup: ## Install the locked packages into .venv (other targets do it when needed).
	@$(if $(QUEUED),,build-support/setup)

include make/*.mk
# Removing the folder removes its targets.
-include benchmarks/targets.mk
# Commands of single services.
-include services/*/commands.mk

# A target with a description makes no file of its name.
LISTED := ^[a-z0-9-]+:.*\#\#
.PHONY: $(shell grep -ohE '$(LISTED)' $(MAKEFILE_LIST) | cut -d: -f1)
