# Two commands do everything: `make run` starts the app, `make test` checks the whole project.
# Both may be called again; what is there already is not made twice.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: run test lint format types contracts tests bench study clean

run: $(VENV)/.run-ready
	@echo "Evenhand: http://127.0.0.1:$(PORT)   (Ctrl+C stops it)"
	@$(BIN)/python -m streamlit run app.py --server.address 127.0.0.1 --server.port $(PORT) --server.headless true

test: $(VENV)/.test-ready $(VENV)/.browser-ready $(VENV)/.java-ready
	@$(MAKE) --no-print-directory lint types contracts tests

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-ready: requirements.txt | $(BIN)/python
	@echo "Installing the pinned packages (a few minutes the first time)"
	$(PIP) install --requirement requirements.txt
	@touch $@

$(VENV)/.test-ready: requirements-dev.txt requirements-spark.txt requirements-dask.txt $(VENV)/.run-ready
	$(PIP) install --requirement requirements-dev.txt
	@touch $@

# Spark runs on the system's Java; without one its tests are skipped, but never where CI is set.
$(VENV)/.java-ready: | $(BIN)/python
	@sh tests/java/install.sh
	@touch $@

# The browser comes from the system's package manager; Playwright only drives it.
$(VENV)/.browser-ready: | $(BIN)/python
	@sh tests/browser/install.sh
	@touch $@

lint: $(VENV)/.test-ready
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet --output-format concise .

format: $(VENV)/.test-ready
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

types: $(VENV)/.test-ready
	$(BIN)/mypy

contracts: $(VENV)/.test-ready
	$(BIN)/lint-imports --no-cache

# The browser walks start servers of their own, so they run by themselves after the rest.
tests: $(VENV)/.test-ready
	$(BIN)/python -m pytest

study: $(VENV)/.test-ready
	$(BIN)/python -m pytest -n 0 -m slow

bench: $(VENV)/.test-ready $(VENV)/.browser-ready
	$(BIN)/python benchmarks/audit_cost.py
	$(BIN)/python benchmarks/page_rerun.py
	$(BIN)/python benchmarks/report_cost.py
	$(BIN)/python benchmarks/cells_to_audit.py
	$(BIN)/python benchmarks/subgroup_search.py --rows 1000000
	$(BIN)/python benchmarks/area_by_group.py
	$(BIN)/python benchmarks/peers.py
	$(BIN)/python benchmarks/hundred_million.py

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis test-artefacts
