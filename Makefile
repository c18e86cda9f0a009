# `make` lists the targets. Everything below works with python3 (3.11 or newer), git and make; the rest is installed
# into .venv from the lock files. `make assets` alone needs Node.

.DEFAULT_GOAL := help
SHELL := /bin/sh

VENV ?= .venv
BIN := $(VENV)/bin
# semgrep's dependencies clash with ours.
SCAN := $(VENV)-scan
JOBS ?= 2
ARGS ?=
UV_VERSION := 0.13.9

# The first interpreter that is new enough: macOS and older distributions keep an old `python3` beside newer ones.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)

# --- environment ------------------------------------------------------------------------------------------------

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Glasshouse needs Python 3.11 or newer, and no such python3 is on PATH."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Glasshouse needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make virtual environments; on Debian: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# A stamp tells that the environment holds what the lock says; a newer lock makes it out of date.
$(VENV)/.run: requirements/run.txt | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements/run.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements/dev.txt
	@touch $@ $(VENV)/.run

$(SCAN)/.scan: requirements/scan.txt | $(BIN)/python
	@[ -x $(SCAN)/bin/python ] || $(BIN)/python -m venv $(SCAN) || { rm -rf $(SCAN); exit 1; }
	$(SCAN)/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements/scan.txt
	@touch $@

# --- run --------------------------------------------------------------------------------------------------------

.PHONY: help run dev test test-sqlite test-services scan check schema bench soak assets assets-verify lock screenshots clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run ## start the console with the demo repository and print its address (ARGS=... for `up`)
	$(BIN)/python manage.py up $(ARGS)

dev: $(VENV)/.dev ## the same, restarting on every change of the source
	$(BIN)/python manage.py up --reload $(ARGS)

# --- test -------------------------------------------------------------------------------------------------------

PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)
# What the run on SQLite can be asked for: all that is required but the services it does without.
REQUIRED_ON_SQLITE = $$(printf %s "$$GLASSHOUSE_TEST_REQUIRE" | tr , '\n' | grep -vx -e postgres -e redis | paste -sd , -)

test: test-sqlite ## the whole suite on SQLite; again on PostgreSQL and Redis with TEST_DATABASE_URL and TEST_REDIS_URL
	@if [ -n "$$TEST_DATABASE_URL" ] && [ -n "$$TEST_REDIS_URL" ]; then \
		$(MAKE) --no-print-directory test-services; \
	else \
		echo "Not run on PostgreSQL and Redis: TEST_DATABASE_URL and TEST_REDIS_URL name no servers (.ci/run starts its own)."; \
	fi

test-sqlite: $(VENV)/.dev
	@echo "== the suite on SQLite, without Redis =="
	env -u TEST_DATABASE_URL -u TEST_REDIS_URL GLASSHOUSE_TEST_REQUIRE="$(REQUIRED_ON_SQLITE)" $(PYTEST)

test-services: $(VENV)/.dev
	@echo "== the suite on PostgreSQL and Redis =="
	$(PYTEST)

# Settings as in production, so that the deployment check speaks about production.
AS_DEPLOYED = env SECRET_KEY="$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	ALLOWED_HOSTS=console.example.com GLASSHOUSE_DATA=build/check DATABASE_URL=sqlite:///build/check/check.sqlite3

# Offline: the rules are ours, nothing is reported and no newer version asked for.
SEMGREP = PATH="$(abspath $(SCAN))/bin:$$PATH" semgrep
SEMGREP_QUIET := --metrics off --disable-version-check
SCANNED := console integrations audit templates manage.py

scan: $(VENV)/.dev $(SCAN)/.scan ## look for the mistakes that tests/semgrep describes, and what bandit knows
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive console integrations audit manage.py
	@mkdir -p build
	@$(SEMGREP) --test $(SEMGREP_QUIET) tests/semgrep >build/scan.log 2>&1 || { cat build/scan.log; exit 1; }
	$(SEMGREP) scan --config tests/semgrep $(SEMGREP_QUIET) --error --quiet --jobs $(JOBS) $(SCANNED)

check: $(VENV)/.dev scan ## lint, format, types, import contracts, scanners, deployment, migrations, OpenAPI, assets
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy console integrations audit manage.py
	$(BIN)/lint-imports
	@mkdir -p build/check
	$(AS_DEPLOYED) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(AS_DEPLOYED) $(BIN)/python manage.py makemigrations --check --dry-run
	$(AS_DEPLOYED) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file build/check/openapi.yaml
	@diff -u docs/openapi.yaml build/check/openapi.yaml || { echo "docs/openapi.yaml is out of date: make schema"; exit 1; }
	$(BIN)/python -m tests.tooling.assets

schema: $(VENV)/.dev ## write docs/openapi.yaml
	@mkdir -p build/check
	$(AS_DEPLOYED) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

bench: $(VENV)/.dev ## measure speed and memory on made data (ARGS=... for the benchmark)
	$(BIN)/python -m tests.bench $(ARGS)

soak: $(VENV)/.dev ## kill the audit log's writers, sealers and server for 90 s and see that nothing is lost (ARGS=... for it)
	$(BIN)/python -m tests.bench.audit_soak $(ARGS)

screenshots: $(VENV)/.dev ## take the README's screenshots in Chromium
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

# --- built files ------------------------------------------------------------------------------------------------

assets: ## build static/dist from static/src (needs Node 18 or newer and npm)
	npm ci --ignore-scripts --no-audit --no-fund
	node static/build.mjs

assets-verify: ## build into build/assets and compare with what is committed (needs Node)
	npm ci --ignore-scripts --no-audit --no-fund
	node static/build.mjs build/assets
	diff -r static/dist build/assets/dist
	diff tests/browser/axe.min.js build/assets/axe.min.js

# Hashes without hosts: whoever installs chooses the index. Versions already locked are kept; ARGS=--upgrade moves them.
UV ?= $(shell command -v uv || echo build/uv/bin/uv)
LOCK = UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate

lock: ## write requirements/*.txt from pyproject.toml (ARGS=--upgrade for newer versions)
	@command -v $(UV) >/dev/null || { $(PYTHON) -m venv build/uv && build/uv/bin/pip install --quiet uv==$(UV_VERSION); }
	$(LOCK) $(ARGS) pyproject.toml --output-file requirements/run.txt
	$(LOCK) $(ARGS) pyproject.toml --extra fast --constraints requirements/run.txt --output-file requirements/fast.txt
	$(LOCK) $(ARGS) pyproject.toml --extra dev --extra fast --extra saml --constraints requirements/fast.txt \
		--output-file requirements/dev.txt
	$(LOCK) $(ARGS) requirements/scan.in --output-file requirements/scan.txt

clean: ## remove caches and build leftovers; data in var/ and the environment stay
	rm -rf build node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
