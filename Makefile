# Every target sets up what it needs in .venv first; nothing is installed twice.
# Assumed: make, git and a Python >= 3.11 (another one: make PYTHON=python3.12 ...).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Processes that run the tests; 0 runs them in one process (for a debugger).
WORKERS ?= 2

SITE := build/docs/html
# What nbstripout takes away besides outputs: the version of whoever ran a notebook last.
STRIPPED := --keep-id --extra-keys "metadata.widgets metadata.language_info.version metadata.language_info.codemirror_mode metadata.language_info.file_extension metadata.language_info.mimetype metadata.language_info.nbconvert_exporter metadata.language_info.pygments_lexer"

PIP_INSTALL := $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt
SETTINGS := setup.cfg pyproject.toml constraints.txt
CHECK_VERSION := -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null

# The build backend is installed apart from the rest, where -c does not reach.
# Old releases of pip read the first of these there, newer ones the second.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt

.DEFAULT_GOAL := help
.PHONY: help install table figures test test-slow lint format types docs docs-check bench wheel-check clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

# A stamp is written last, so a set-up that fails half-way is tried again.
$(VENV)/.made:
	@$(PYTHON) $(CHECK_VERSION) || { echo "gametools needs Python >= 3.11, and '$(PYTHON)' is not: name one with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python $(CHECK_VERSION) || { echo "gametools needs Python >= 3.11, and $(VENV) holds an older one: remove $(VENV)" >&2; exit 1; }
	@touch $@

$(VENV)/.core: $(VENV)/.made $(SETTINGS)
	$(PIP_INSTALL) -e .
	@touch $@

# torch first: what comes later must take the build that is here, and not look for another.
$(VENV)/.dev: $(VENV)/.made $(SETTINGS) Makefile
	$(PIP_INSTALL) torch
	$(PIP_INSTALL) -e '.[dev]'
	@touch $(VENV)/.core $@

# Notebooks need torch, so what .dev holds comes first.
$(VENV)/.docs: $(VENV)/.dev
	$(PIP_INSTALL) -e '.[docs]'
	@touch $(VENV)/.core $@

$(VENV)/.bench: $(VENV)/.made $(SETTINGS)
	$(PIP_INSTALL) -e '.[bench]'
	@touch $(VENV)/.core $@

install: $(VENV)/.dev ## set up .venv for development

table: $(VENV)/.core ## reproduce the convergence table (ARGS="--quick --out DIR")
	$(BIN)/python analysis/matrl_table1.py $(ARGS)

figures: $(VENV)/.core ## draw all figures from results/ (ARGS="--quick --out DIR")
	$(BIN)/python figures $(ARGS)

test: $(VENV)/.dev ## run the fast tests and the examples (ARGS="-k nash", ARGS=--cov)
	$(BIN)/python -m pytest -q -n $(WORKERS) $(ARGS)

# pytest exits with 5 where no test is marked slow.
test-slow: $(VENV)/.dev ## run the slow tests
	$(BIN)/python -m pytest -q -n $(WORKERS) -m slow $(ARGS) || [ $$? -eq 5 ]

lint: $(VENV)/.dev ## check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.dev ## repair style and formatting where that is safe, strip notebooks
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/nbstripout $(STRIPPED) notebooks/*.ipynb

types: $(VENV)/.dev ## check the types
	$(BIN)/mypy

docs: $(VENV)/.docs ## build the site into build/docs/html and check its links
	$(BIN)/python -m sphinx -W --keep-going -q -c docs -d build/docs/doctrees . $(SITE)
	$(BIN)/python .ci/check_links.py $(SITE)

docs-check: docs ## open every page of the site in a headless browser (needs chromium)
	$(BIN)/python .ci/check_pages.py $(SITE) $(ARGS)

bench: $(VENV)/.bench ## measure speed and memory (ARGS="--quick")
	$(BIN)/python -m benchmarks.run $(ARGS)

wheel-check: $(VENV)/.dev ## build a wheel, install it elsewhere, use it
	PYTHON=$(BIN)/python .ci/check-wheel

clean: ## remove what builds and runs leave behind; keeps .venv and results
	rm -rf build dist *.egg-info .coverage .coverage.* htmlcov
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +
