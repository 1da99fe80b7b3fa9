# The verbs people and CI share. Each makes the environment it needs; nothing but Python 3.11 to 3.13, make and a
# network is assumed. Another interpreter: make test PYTHON=/path/to/python
VENV := .venv
BIN := $(VENV)/bin
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c '$(FITS)' >/dev/null 2>&1 && { echo $$p; break; }; done)
WORKERS ?= 2
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test test-all faults check bench bench-peers docs clean
.DELETE_ON_ERROR:

help: ## list the verbs
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

demo: $(VENV)/core ## run the main job on the sample under data/
	$(BIN)/simcore demo

test: $(VENV)/dev ## the fast tests, two at a time (WORKERS=1: one)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

test-all: $(VENV)/dev ## every test, the slow ones too
	$(BIN)/python -m pytest -m ""

faults: $(VENV)/dev ## plant faults one by one and show that the tests catch each (5 minutes)
	$(BIN)/python -m tests.faults.plant

check: $(VENV)/dev ## lint, format, types, import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(VENV)/dev ## measure speed, with the answers asserted
	$(BIN)/python -m benchmarks

bench-peers: $(VENV)/dev ## the same quotes and rules through other backtesters, side by side
	$(BIN)/python -m benchmarks.peers

docs: $(VENV)/docs ## the site under build/docs, its examples run; one that fails ends it
	$(BIN)/python -m sphinx -E -W --keep-going -q -b html docs build/docs
	@echo "open build/docs/index.html"

clean: ## remove the environment and whatever tools left behind
	rm -rf $(VENV) .bench-peers build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .benchmarks .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "make: simcore needs Python 3.11, 3.12 or 3.13, and none was found." \
		"Install one, or name it: make PYTHON=/path/to/python" >&2; exit 1; }
	@echo "making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)

# Markers: an environment is made again when what it is made from changes.
$(VENV)/core: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing simcore into $(VENV)"
	@$(INSTALL) -e .
	@touch $@

$(VENV)/dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing simcore and its development tools into $(VENV)"
	@$(INSTALL) -e '.[dev]'
	@$(INSTALL) --no-deps aiomql pdmt5 pytz # aiomql asks for MetaTrader5 itself, which only Windows has; tests give it the emulator
	@touch $@

$(VENV)/docs: $(VENV)/dev
	@$(INSTALL) -e '.[docs]'
	@touch $@
