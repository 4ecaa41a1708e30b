# Two commands: `make run` publishes and mails the demo newsroom's two weeks, `make test` runs the tests that take seconds.
# Each builds .venv by itself, from pinned and hashed requirements; the second time that costs nothing.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
SYNDICATE := $(BIN)/syndicate
TESTS ?=
UV_COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help run test slow check nightly lint golden lock clean
.SUFFIXES:
.DELETE_ON_ERROR:

help:
	@echo "make run      two weeks of the demo newsroom: mails into var/outbox, feeds into feeds/"
	@echo "make test     the tests, but for the slow ones: under three minutes on two cores (TESTS=tests/unit for a part)"
	@echo "make slow     the slow tests: kill runs, Postfix, browsers, full disks, PostgreSQL, what takes seconds"
	@echo "make check    make test, make slow and make lint: all that CI runs"
	@echo "make lint     ruff, mypy and the import rules"
	@echo "make nightly  KILLS=1000 kills while mailing SUBSCRIBERS=20000 (SEED=1), then 1,000 examples for each property test"
	@echo "make golden   write the golden files of tests/golden again; then read their difference"
	@echo "make lock     resolve requirements.txt and requirements-dev.txt again from pyproject.toml"
	@echo "make clean    remove .venv, the caches and what the demo made"
	@echo "PYTHON=python3.12 picks another interpreter than python3 (3.11 or newer)."

# The sections that subscribers may choose as topics are known once the articles are.
run: .venv/.ready
	@$(SYNDICATE) collect
	@$(SYNDICATE) subscribers import examples/subscribers.csv
	@$(SYNDICATE) run --weekly --week 2026-W44
	@$(SYNDICATE) run --weekly --week 2026-W45
	@echo
	@echo "What next:"
	@echo "  the mail     $(SYNDICATE) preview --week 2026-W45"
	@echo "  the archive  feeds/archive/index.html"
	@echo "  your site    $(SYNDICATE) init ../my-newsroom"

PYTEST := $(BIN)/python -m pytest -n 2
test: .venv/.ready-dev
	$(PYTEST) -m "not slow" $(TESTS)

slow: .venv/.ready-dev
	$(PYTEST) -m slow $(TESTS)

check: test slow lint

KILLS ?= 1000
SUBSCRIBERS ?= 20000
SEED ?= 1
nightly: .venv/.ready-dev
	KILLS=$(KILLS) SUBSCRIBERS=$(SUBSCRIBERS) SEED=$(SEED) $(BIN)/python -m pytest -s tests/crash/nightly.py
	$(BIN)/python -m pytest -n 2 -m hypothesis --hypothesis-profile=nightly

lint: .venv/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

golden: .venv/.ready-dev
	$(BIN)/python -m tests.golden.samples
	git diff --stat tests/golden

# The environment. A stamp marks a finished install, so an interrupted one is repeated.
.venv/.made:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here: install Python 3.11 or newer, or run make PYTHON=/path/to/python3.11." >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old: run make PYTHON=python3.11, or newer." >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: install its venv package (Debian: apt install python3-venv)." >&2; exit 2; }
	@echo "Building .venv: once, about a minute."
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.ready: requirements.txt pyproject.toml .venv/.made
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/.ready-dev: requirements-dev.txt pyproject.toml .venv/.made
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ .venv/.ready

# The lock covers every Python from 3.11 on, Linux and macOS, and names no index.
UV ?= $(shell command -v uv || echo .venv-lock/bin/uv)
lock: $(filter .venv-lock/bin/uv,$(UV))
	$(UV_COMPILE) --group build -o requirements.txt
	$(UV_COMPILE) --group dev -c requirements.txt -o requirements-dev.txt
	@! grep -nE '^--|://|/opt/|file:' requirements.txt requirements-dev.txt

.venv-lock/bin/uv:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet uv

clean:
	rm -rf .venv .venv-lock .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	rm -rf var
	find feeds -mindepth 1 ! -name README.md -delete
	find syndication tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +
