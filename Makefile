# Needs only make and a Python of 3.11 or later, which PYTHON= may name.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup run test coverage faults lint format bench screenshots clean

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

# Most of these processes would compile the product, and pytest's plugins, again.
unexport PYTHONDONTWRITEBYTECODE

# On two cores: much of the time a test waits for the processes that it started.
ALL := --numprocesses 3 --dist loadgroup
test: setup ## Run the tests on two cores; TESTS= names some of them
	$(BIN)/python -m pytest $(or $(TESTS),$(ALL))

coverage: setup ## Run the tests, and fail where they miss more of pipeline/ and web/ than agreed
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest $(ALL)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered

# The same seed does the same harm.
SEED ?= 1
faults: setup ## Try to break every promise, in up to 90 minutes; SEED= repeats a run
	$(BIN)/parley prove --seed $(SEED)
	$(BIN)/parley prove --core --on rabbitmq --on sqlite --seed $(SEED)
	$(BIN)/parley prove --broken all --seed $(SEED)
	MODEL_EXAMPLES=1000 MODEL_SEED=$(SEED) SCHEMA_EXAMPLES=200 \
		$(BIN)/python -m pytest tests/model tests/web/api/test_schema.py

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
	rm -rf .venv .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
