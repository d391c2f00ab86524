# Everything a user or a developer types. Needs Python 3.11+ and make.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -q -c constraints.txt

# $(call apt,packages,what for): installs Debian packages, with sudo where we are not root.
define apt
echo "Installing $(1) for the $(2) ..."; \
as=$$([ "$$(id -u)" = 0 ] || echo sudo); \
$$as apt-get update -q && $$as env DEBIAN_FRONTEND=noninteractive \
	apt-get install -y -q --no-install-recommends $(1);
endef

.DEFAULT_GOAL := help
.PHONY: help install demo ui quick test soak lint bench findings browser database constraints clean

help:  ## show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: .venv/.package  ## make .venv and install tunekit in it

demo: .venv/.package  ## tune digits on both engines, fit the best again, write reports/digits.html
	@$(BIN)/tunekit run studies/digits.py --engine optuna --engine hyperopt --finalists 3

ui: .venv/.package  ## open the MLflow UI on this folder's store
	@$(BIN)/tunekit ui

lint: .venv/.dev  ## format, lint, spelling, import rule, dependencies, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/codespell
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/mypy

SLOW := slow or server or browser or interpreter

quick: .venv/.dev  ## run the quick tests, in a few minutes
	$(BIN)/pytest -n 2 --dist worksteal -m "not ($(SLOW) or soak)"

# Three at a time keep two cores busy, because many tests wait for a server or a process.
quick test: export PYTHONDONTWRITEBYTECODE =  # a hundred programs that tests start load what we compiled
test: .venv/.dev lint browser database  ## lint, then the whole test suite; COVERAGE=1 counts lines
ifdef COVERAGE  # of the quick tests only: it would add half of their time to the slow ones
	$(BIN)/pytest -n 3 --dist worksteal -m "not ($(SLOW) or soak)" --cov --cov-report=term
	$(BIN)/pytest -n 3 --dist worksteal -m "($(SLOW)) and not soak"
else
	$(BIN)/pytest -n 3 --dist worksteal
endif

soak: .venv/.dev  ## walk through every class of Keras, with each setting changed (half an hour)
	$(BIN)/pytest -n 2 --dist worksteal -m soak

bench: .venv/.bench database  ## measure tunekit against its peers (more than an hour)
	$(BIN)/python benchmarks/run.py

findings:  ## run the scripts of findings/ one after the other (a quarter of an hour)
	@failed=0; \
	for script in findings/*.sh; do \
		if bash $$script >/dev/null 2>&1; then echo "as stated: $$script"; \
		else echo "FAILED: $$script"; failed=1; fi; \
	done; \
	exit $$failed

browser:  # the page tests drive Debian's Chromium
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || \
		{ $(call apt,chromium chromium-driver,page tests) }

database:  # the tests of other stores start Debian's PostgreSQL
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
		{ $(call apt,postgresql,tests of other stores) }

constraints: .venv/.dev  ## write constraints.txt from what .venv holds
	@{ head -2 constraints.txt; \
	   $(BIN)/python -m pip list --format=freeze | grep -v -i -E '^(pip|setuptools|tunekit.hpo)==' | sed 's/+.*//'; \
	} > .venv/constraints.txt && mv .venv/constraints.txt constraints.txt

clean:  ## remove the environment and what the tools left behind
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "tunekit needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv .venv

.venv/.package: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing tunekit and what it needs (a few minutes, once) ..."
	$(PIP) -e .
	@touch $@

.venv/.bench: .venv/.dev
	$(PIP) -e '.[bench]'
	@touch $@

.venv/.dev: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing tunekit and what its tests need (a few minutes, once) ..."
	$(PIP) -e '.[dev]'
	@touch $@ .venv/.package
