.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help:  ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup: $(READY)  ## The environment, from the lock file

demo: $(READY)  ## The whole nightly graph offline on the bundled demo set
	$(BIN)/judgeflow demo

test: $(READY)  ## The tests
	$(BIN)/pytest -m "not prove" -n 2 --dist loadfile

test-data: $(READY)  ## The tests on real data; fails where the data is absent
	JUDGEFLOW_REQUIRE_DATA=1 $(BIN)/pytest -m data

oracles: $(READY)  ## A heavy library that one test compares with; the test skips without it
	$(BIN)/pip install --quiet --disable-pip-version-check numba
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --upgrade \
	  --target $(VENV)/oracles ppi-python  # apart: it ships a package called tests

prove: $(READY)  ## The long proofs
	$(BIN)/pytest -m prove --timeout=3600

check: $(READY)  ## Lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .

bench: $(READY)  ## Benchmarks, as ratios measured side by side
	$(BIN)/python -m tests.benchmarks.run

bench-peers: $(READY)  ## The same questions to inspect_ai and promptfoo, each in an environment of its own
	test -x .bench/inspect/bin/inspect || ($(PYTHON) -m venv .bench/inspect && .bench/inspect/bin/pip install --quiet inspect_ai openai)
	test -x .bench/promptfoo/node_modules/.bin/promptfoo || npm install --silent --no-audit --no-fund --prefix .bench/promptfoo promptfoo
	$(BIN)/python -m tests.benchmarks.peers

docs: $(READY)  ## The parts of the documentation that come from the code
	$(BIN)/python -m tests.measures_page
	$(BIN)/python -m tests.probe_options

lock:  ## Compile requirements.lock anew, with hashes and without addresses
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --extra dev --quiet pyproject.toml -o requirements.lock

clean:  ## Remove the environment and what tools leave behind; runs and paid answers stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help setup demo test test-data oracles prove check bench bench-peers docs lock clean
