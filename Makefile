# Needs only make and a Python of 3.11 or later, which PYTHON= may name.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup run test faults lint format bench screenshots clean

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/ready ## Make the virtual environment in .venv with everything in it

.venv/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Parley needs Python 3.11 or later; name one, as in: make setup PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,bench]'
	@touch $@

run: setup ## Start everything in one process and say how to text the bot
	$(BIN)/parley up

# Tests that take the time have the machine to themselves; other tests of real processes run in
# twos, which is as many as two cores bear.
ALONE := tests/benchmarks/test_parts.py tests/journeys tests/workers \
	tests/pipeline/converse/test_slow.py tests/pipeline/dispatch/test_rate.py \
	tests/pipeline/test_receive.py tests/web/test_webhooks.py
PAIRED := tests/browser tests/faults tests/parley
test: setup ## Run the tests; TESTS= names some of them
ifdef TESTS
	$(BIN)/python -m pytest $(TESTS)
else
	$(BIN)/python -m pytest --numprocesses 2 $(ALONE:%=--ignore=%) $(PAIRED:%=--ignore=%)
	$(BIN)/python -m pytest $(ALONE)
	$(BIN)/python -m pytest --numprocesses 2 $(PAIRED)
endif

# The same seed does the same harm.
SEED ?= 1
faults: setup ## Try to break every promise, in up to 90 minutes; SEED= repeats a run
	$(BIN)/parley prove --seed $(SEED)
	$(BIN)/parley prove --core --on rabbitmq --on sqlite --seed $(SEED)
	$(BIN)/parley prove --broken all --seed $(SEED)
	MODEL_EXAMPLES=1000 MODEL_SEED=$(SEED) $(BIN)/python -m pytest tests/model

lint: setup ## Check style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## Measure the pipeline beside a textbook one
	$(BIN)/python -m benchmarks

screenshots: setup ## Take the pictures of the docs with Chromium, into docs/images/
	$(BIN)/python -m tests.browser.screenshots

clean: ## Remove the virtual environment and caches; var/ with your data stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
