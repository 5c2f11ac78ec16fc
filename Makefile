# Everything sets itself up: the first call makes .venv and installs into it, later calls are quick.

SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
ARGS ?=
# More than two cores need: the tests wait much, for processes, servers and locks.
WORKERS ?= 4

# The tests start hundreds of processes; without bytecode each would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo demo-short test coverage lint format types contracts check audit bench clean

help: ## List what can be made.
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1\t/' | expand -t 20

# torch comes first and by itself, so that the pinned version is settled before anything asks for it.
$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	  || { echo "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=/path/to/python3.12 ..."; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV); the first time takes some minutes ..."
	$(PIP) install --constraint constraints.txt torch
	$(PIP) install --constraint constraints.txt --editable '.[demo,test]'
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	$(PIP) install --constraint constraints.txt --editable '.[dev,bench]'
	@touch $@

demo: $(VENV)/.ready ## Search on the sample data with the small encoder, show and diagnose the result.
	$(BIN)/tuner search --demo --study demo
	$(BIN)/tuner show demo
	$(BIN)/tuner diagnose runs/demo || test $$? -eq 1

demo-short: $(VENV)/.ready ## The same with three short trials, for continuous integration.
	$(BIN)/tuner search --demo --study demo-short --trials 3 --confirm 0 --sample 120
	$(BIN)/tuner show demo-short
	$(BIN)/tuner diagnose runs/demo-short || test $$? -eq 1

test: $(VENV)/.ready ## Run the tests (ARGS="-k word" picks some).
	$(BIN)/python -m pytest -n $(WORKERS) --dist=loadfile --no-loadscope-reorder $(ARGS)

coverage: ## The same, and print what they covered: takes longer.
	$(MAKE) test ARGS='--cov --cov-report=term $(ARGS)'

lint: $(VENV)/.ready-dev ## Check style and format.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.ready-dev ## Mend style and format where that is safe.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.ready-dev ## Check the types, tests too.
	$(BIN)/mypy

contracts: $(VENV)/.ready ## Check who imports whom.
	$(BIN)/lint-imports --no-logo

check: lint types contracts test ## Style, types, import contracts and tests.

audit: $(VENV)/.ready-dev ## Look for known vulnerabilities in the pinned libraries; needs a network.
	@$(BIN)/python -c 'import pip_audit' 2> /dev/null || $(PIP) install pip-audit || true
	.ci/audit $(BIN)/python

bench: $(VENV)/.ready-dev ## Run the benchmarks (long).
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean: ## Remove caches and built packages; results in runs/ and .venv stay.
	rm -rf .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -rf build dist *.egg-info
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
