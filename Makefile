# Everything that one does with a checkout. Needs make and Python 3.11 or later; the rest is set up in .venv.

PYTHON ?= python3
TORCH ?= torch==2.13.0
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
ASSIGNMENTS := $(notdir $(wildcard assignments/*))
CLASSES := $(patsubst examples/class/%/expected.toml,%,$(wildcard examples/class/*/expected.toml))

# Whose time and memory the demo measures: make demo CLASSES=adam MEASURED_CLASSES=adam
MEASURED_CLASSES := backprop

.DELETE_ON_ERROR:
.PHONY: help setup demo test quick fuzz lint bench exploits docs clean

help:
	@echo 'make demo    grade the made-up classes, and write their pages  (CLASSES=gan)'
	@echo 'make test    run all tests           (ARGS="-k wire" is passed on to pytest)'
	@echo 'make quick   run the tests without the slow ones'
	@echo 'make fuzz    throw made-up replies, archives and notebooks at what reads them (ARGS="--seed 7")'
	@echo 'make lint    style, types, import rules, dependencies'
	@echo 'make bench   measure the overhead of grading'
	@echo 'make exploits  try everything that is known to have cheated a grader, and write down what happened'
	@echo 'make docs    write the generated pages of docs/reference again'
	@echo 'make setup   only set up .venv       (PYTHON=python3.12 chooses the Python)'
	@echo 'make clean   remove caches and outputs; .venv stays'

setup: $(VENV)/.ready $(VENV)/.bubblewrap

# Nothing else may run while a budget is measured, so one class shows it. Status 1: some lost points.
demo: setup
	@set -e; for id in $(CLASSES); do echo; echo "$$id"; \
	    case " $(MEASURED_CLASSES) " in *" $$id "*) how='--measuring-seconds 1';; *) how=--no-budgets;; esac; \
	    $(BIN)/torchgrade grade examples/class/$$id --assignment $$id --out out/demo/$$id \
	    --require-sandbox process $$how $(ARGS) || test $$? -eq 1; done; echo
	@for id in $(CLASSES); do echo "the pages of the class: $(CURDIR)/out/demo/$$id/index.html"; done

# What measures runs by itself, after all else: beside other tests a ratio of 12 came out as 6.
# Status 5: ARGS chose no such test.
test: setup
	@$(BIN)/python -m pytest -n auto -m 'not alone' $(ARGS)
	@$(BIN)/python -m pytest -m alone $(ARGS) || test $$? -eq 5

quick: setup
	@$(BIN)/python -m pytest -n auto -m 'not slow and not alone' $(ARGS)

fuzz: setup
	@$(BIN)/python tests/fuzz/run.py replies --cases 100000 $(ARGS)
	@$(BIN)/python tests/fuzz/run.py archives --cases 10000 $(ARGS)
	@$(BIN)/python tests/fuzz/run.py notebooks --cases 10000 $(ARGS)

# The folders of content are loaded by path: each assignment is checked on its own, as its own little project.
lint: setup
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(BIN)/mypy --explicit-package-bases $(wildcard tests docs benchmarks)
	@set -e; for id in $(ASSIGNMENTS); do \
	    MYPYPATH=assignments/$$id:reference/$$id \
	    $(BIN)/mypy --explicit-package-bases $$(ls -d assignments/$$id reference/$$id 2>/dev/null); done
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/deptry .

bench: setup
	@$(BIN)/python benchmarks/overhead.py $(ARGS)

exploits: setup
	@$(BIN)/python -m tests.exploits.run --write $(ARGS)

docs: setup
	@$(BIN)/python docs/generate.py

clean:
	@rm -rf out build dist .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
	@find . -path ./$(VENV) -prune -o -type d -name __pycache__ -exec rm -rf {} +

# torch goes first and alone: pip then takes the CPU build wherever its configuration offers one.
# The stamp is written last, so a step that fails is done again.
$(VENV)/.ready: pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	    $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	        echo 'error: torchgrade needs Python 3.11 or later, and "$(PYTHON)" is not that;' \
	             'try make PYTHON=python3.12' >&2; exit 1; }; \
	    $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	        echo 'error: "$(PYTHON)" cannot make virtual environments; install its venv package' \
	             '(python3-venv on Debian and Ubuntu) or try make PYTHON=python3.12' >&2; exit 1; }; \
	    echo 'setting up $(VENV)'; $(PYTHON) -m venv --clear $(VENV); }
	@echo 'installing $(TORCH): some minutes the first time'
	@$(PIP) install '$(TORCH)'
	@echo 'installing torchgrade and its tools'
	@$(PIP) install --editable '.[dev]'
	@touch $@

# Tried once: without bubblewrap torchgrade works too, at a lower level of isolation, which it announces.
$(VENV)/.bubblewrap: | $(VENV)/.ready
	@.ci/install-bubblewrap
	@touch $@
