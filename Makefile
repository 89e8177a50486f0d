# `make help` lists the targets. Each creates what it needs; nothing but Python 3.11+, make and PyPI is assumed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORE := $(VENV)/.core
DEV := $(VENV)/.dev
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip install --quiet
HUB ?= auto
SELECT ?= --sort downloads --limit 300
MODELS ?= 100000
DAYS ?= 30
TESTS := $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help setup dev harvest test test-fast oldest coverage lint bench report browse docs screenshots clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(CORE): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "harvester needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed; on Debian: apt-get install python3-venv"; exit 2; }
	@$(PIP) --upgrade 'pip>=25.1'
	@$(PIP) --editable .
	@touch $@

$(DEV): $(CORE)
	@$(PIP) --group dev
	@touch $@

$(READY): $(DEV)
	@$(PIP) --editable '.[all]' --group docs
	@touch $@

# What a command needs beyond the core: the extra of the same name.
$(VENV)/.extra-%: $(CORE)
	@$(PIP) --editable '.[$*]'
	@touch $@

setup: $(READY) ## create .venv with all extras and the tools of development

dev: $(READY) ## setup, and the checks of .pre-commit-config.yaml as hooks of git
	@$(BIN)/pre-commit install --hook-type pre-commit --hook-type pre-push

harvest: $(CORE) ## crawl and build the catalogue (SELECT="--author Qwen": which models, HUB=sample|URL, DAY=1: day of the sample Hub)
	@$(BIN)/harvester harvest --hub $(HUB) $(SELECT) $(if $(DAY),--day $(DAY))

test: $(DEV) ## run the tests of what is installed; says what was skipped and why (`make setup` installs all extras)
	@$(TESTS) -rs

# What a change breaks most often, without kills, faults, browsers and long inputs: under a minute on two cores.
FAST := tests/extract tests/ask tests/packaging $(wildcard tests/test_*.py) \
	--ignore tests/extract/test_config_fuzz.py --ignore tests/extract/test_worst_inputs.py
test-fast: $(DEV) ## run the fast part of the tests
	@$(TESTS) $(FAST)

# Their own environment. What pytest and hatchling need is newer than what the package needs.
OLDEST := .venv-oldest
oldest: $(READY) ## run the tests on the oldest dependencies that pyproject.toml allows
	@$(PIP) uv
	@$(BIN)/uv venv --quiet --clear $(OLDEST)
	@$(BIN)/uv pip install --quiet --python $(OLDEST) --resolution lowest-direct -r pyproject.toml --all-extras
	@$(BIN)/uv pip freeze --python $(OLDEST) | grep -viE '^(packaging|pathspec|typing|numpy)' > $(OLDEST)/kept.txt
	@$(BIN)/uv pip install --quiet --python $(OLDEST) --group dev pip -c $(OLDEST)/kept.txt
	@$(BIN)/uv pip install --quiet --python $(OLDEST) --no-deps --editable .
	@$(subst $(VENV),$(OLDEST),$(TESTS)) -rs

coverage: $(READY) ## run the tests, and show which lines they cover (slower)
	@$(TESTS) --cov --cov-report=term

lint: $(READY) ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(READY) ## long measurements: extraction, runs with kills, censuses, peers, DAYS=30 daily runs of MODELS=100000
	@$(PIP) --group bench
	@$(BIN)/python benchmarks/config_speed.py
	@$(BIN)/python benchmarks/soak.py
	@$(BIN)/python benchmarks/census.py --write
	@$(BIN)/python benchmarks/peers.py --write
	@$(BIN)/python benchmarks/days.py --models $(MODELS) --days $(DAYS)

report: $(VENV)/.extra-report ## write a report with plots about the newest harvest: one HTML page
	@$(BIN)/harvester report

browse: $(VENV)/.extra-browse ## serve the catalogue as web pages on this machine
	@$(BIN)/harvester browse

docs: $(READY) ## write the generated pages of docs/ again, and build the site in build/site
	@$(BIN)/python -m tools.make_docs
	@$(BIN)/python -m tools.make_notebook
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

screenshots: $(READY) ## make the pictures of the README from the sample Hub (needs Chromium)
	@$(BIN)/python tools/make_screenshots.py

clean: ## remove .venv and caches (data/ stays)
	rm -rf $(VENV) $(OLDEST) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
