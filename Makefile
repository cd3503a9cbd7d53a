# What there is to do here: `make help`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.made-with
# Made by pip from the lock alone, which carries hashes and no addresses.
PIP := $(PYTHON) -m pip --disable-pip-version-check --python $(BIN)/python install --quiet

.DEFAULT_GOAL := help
.PHONY: help install run demo test check crash bench bench-quick bench-large evaluate sbom lock clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP)-run  ## Make the virtual environment and install what running needs

run: install  ## Start everything: prints the public page, the desk and the first editor's link
	@$(BIN)/dateline run

demo: install  ## Show the whole product on made-up feeds, without any network
	@$(BIN)/dateline demo

test: $(STAMP)-test  ## Install what the tests need and run them all
	@$(BIN)/python -m tests.browser
	@$(BIN)/python -m tests.crash.library
	$(BIN)/python -m slipcover -m pytest
	@$(BIN)/python -m tests.covered

check: $(STAMP)-test  ## Format, lint, types, layers, known weaknesses, then the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.audit
	$(MAKE) test

crash: $(STAMP)-test  ## Kill it at thousands of points on both databases, and look what is lost; MINUTES=20 is an end
	@$(BIN)/python -m tests.crash.library
	$(BIN)/python -m tests.crash $(if $(MINUTES),--minutes $(MINUTES))

bench: $(STAMP)-test  ## Measure, against named peers; writes the table of docs/benchmarks.md
	$(BIN)/python -m benchmarks --write docs/benchmarks.md

bench-quick: $(STAMP)-test  ## The same in two minutes, for a look; writes nothing
	$(BIN)/python -m benchmarks --quick

bench-large: $(STAMP)-test  ## The same with 2,000 feeds, a million articles and PostgreSQL: thirteen minutes
	$(BIN)/python -m benchmarks --large --write docs/benchmarks.md

evaluate: $(STAMP)-test  ## Measure the keywords on labelled articles; writes docs/matching-quality.md
	$(BIN)/python -m benchmarks quality --write docs/matching-quality.md

sbom: $(STAMP)-test  ## List what is shipped as CycloneDX: writes dist/dateline.cdx.json
	@mkdir -p dist
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
		--short-PURLs --output-file dist/dateline.cdx.json requirements.lock

lock: $(STAMP)-test  ## Resolve the dependencies anew; writes both lock files
	$(BIN)/uv pip compile --quiet $(LOCK) pyproject.toml build-requirements.in \
		--output-file requirements.lock
	$(BIN)/uv pip compile --quiet $(LOCK) --group dev --constraint requirements.lock \
		pyproject.toml build-requirements.in --output-file requirements-dev.lock

LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --no-annotate --all-extras --upgrade

clean:  ## Remove the virtual environment and caches; the data in var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage.json .import_linter_cache

# `python3-venv` is not needed: pip of the system fills an environment made without one.
$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: install python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 \
		|| { echo "pip is missing: on Debian, apt-get install python3-pip"; exit 1; }
	$(PYTHON) -m venv --without-pip $(VENV)

$(STAMP)-run: $(BIN)/python requirements.lock pyproject.toml
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMP)-test: $(STAMP)-run requirements-dev.lock
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@
