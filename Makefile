# Pitcrew. `make` alone lists what there is.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
DATA ?= data
BIN := .venv/bin
RUNNABLE := .venv/runnable
INSTALLED := .venv/installed
CLIENTS := tests/integration/agui/node_modules/.package-lock.json
PACKAGES := web/node_modules/.package-lock.json
SECONDS := 120
CLUSTER :=
LOCKS := deploy/locks
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  -c constraints.txt --excludes $(LOCKS)/accelerators.txt --no-emit-package torch --no-emit-package pip
# Without bytecode each of the many processes of the tests compiles every module anew.
export PYTHONDONTWRITEBYTECODE :=
# Many tests wait for something: two processes more than there are cores, at most six.
WORKERS := $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 5 ? cores + 2 : 6)))

.DEFAULT_GOAL := help
.PHONY: help setup run cluster web check unit test tests prove soak fuzz lock audit sbom wheel docs bench profile fit chromium \
  clean

help: ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(INSTALLED) ## make .venv and install everything into it, the tools for tests as well

$(RUNNABLE): pyproject.toml constraints.txt $(LOCKS)/runtime.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Pitcrew needs Python 3.11 or newer as '$(PYTHON)'. Install it, or say make PYTHON=python3.12"; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "Python cannot make a virtual environment. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@$(BIN)/python -c "$$TORCH_BUILD"
	@$(PIP) --require-hashes --no-deps -r $(LOCKS)/runtime.txt
	@# Which file torch comes in depends on the machine, and no list of hashes holds for all of them.
	@$(PIP) -c constraints.txt torch
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(INSTALLED): $(RUNNABLE) $(LOCKS)/development.txt
	@echo "Installing the tools for tests into .venv (about 150 MB to download the first time)"
	@$(PIP) --require-hashes --no-deps -r $(LOCKS)/development.txt
	@touch $@

lock: ## after a change to pyproject.toml or constraints.txt: every file that is installed, by its hash, into deploy/locks
	$(LOCK) pyproject.toml -o $(LOCKS)/runtime.txt
	$(LOCK) pyproject.toml --extra dev -o $(LOCKS)/development.txt
	$(LOCK) pyproject.toml --extra cluster --extra traces -o $(LOCKS)/image.txt

# Which build of torch pip would take decides between half a gigabyte and several: say so before, and ask who can be asked.
define TORCH_BUILD
import json, subprocess, sys, tempfile
report = tempfile.NamedTemporaryFile(suffix='.json')
look = [sys.executable, '-m', 'pip', 'install', '--dry-run', '--quiet', '--no-deps', '--disable-pip-version-check',
        '--report', report.name, '-c', 'constraints.txt', 'torch']
done = subprocess.run(look, capture_output=True)
found = json.load(report)['install'] if done.returncode == 0 else []
needs = found[0]['metadata'].get('requires_dist', []) if found else []
if any(name.startswith(('nvidia', 'cuda')) for name in needs):
    print('Installing into .venv: about 3 GB to download, for pip takes the build of torch that uses a GPU.')
    print('Pitcrew uses none. For the CPU build (200 MB) stop, copy the line for it from pytorch.org/get-started/locally')
    print('with .venv/bin/pip and torch==2.13.0, and begin again.')
    if sys.stdin.isatty() and input('Go on with the large one? [y/N] ').strip().lower() not in ('y', 'yes'):
        sys.exit('Stopped.')
else:
    print('Installing into .venv (about 550 MB to download the first time)', flush=True)
endef
export TORCH_BUILD

run: $(RUNNABLE) ## ingest PITCREW_KNOWLEDGE_DIR (knowledge_base) and serve on PORT (8000)
	@exec $(BIN)/pitcrew serve --port $(PORT) --ingest-first

cluster: $(INSTALLED) ## PostgreSQL, Redis, Chroma, two gateways, two workers and a balancer on this machine, without Docker
	@$(BIN)/python -m tests.cluster $(CLUSTER)

web: $(PACKAGES) ## build again what runs in browsers: widget, console, and what draws diagrams and charts (needs Node)
	npm --prefix web run build --workspaces --if-present

$(PACKAGES): web/package-lock.json web/package.json
	@command -v npm >/dev/null || { echo "What runs in browsers is built with Node 20 or newer: sudo apt install npm, or nodejs.org"; exit 1; }
	npm --prefix web ci --ignore-scripts --no-audit --no-fund
	@touch $@

check: $(INSTALLED) ## formatting, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(INSTALLED) ## the fast tests alone
	$(BIN)/pytest -q tests/unit tests/laws

$(CLIENTS): tests/integration/agui/package-lock.json
	@if command -v npm >/dev/null; then npm --prefix tests/integration/agui ci --ignore-scripts --no-audit --no-fund --silent; \
	else echo "Without Node 20 the tests with the AG-UI client are skipped"; fi

test: $(INSTALLED) chromium $(CLIENTS) ## every check and every test
	@$(MAKE) --no-print-directory --jobs 2 check tests

tests: $(INSTALLED) $(CLIENTS)
	@$(BIN)/pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder || { [ $$? = 1 ] && \
	  echo "What failed is tried once more, with nothing beside it: a busy machine is slow, not wrong." && \
	  $(BIN)/pytest -q --last-failed --last-failed-no-failures none; }

prove: $(INSTALLED) ## every fault many times, with the figures: about an hour
	PITCREW_PROOFS=full $(BIN)/pytest -q --capture=no --timeout 3600 tests/faults tests/integration/test_dialogues.py tests/integration/test_analyst_questions.py tests/unit/test_long_messages.py tests/integration/test_ingest.py
	PITCREW_PROOFS=full $(BIN)/pytest -q -n $(WORKERS) --dist loadfile --timeout 3600 tests/laws tests/unit

soak: $(INSTALLED) ## mixed use under random faults for SECONDS (120)
	$(BIN)/python -m tests.faults.soak --seconds $(SECONDS)

fuzz: $(INSTALLED) ## strangers' input made at random for SECONDS (120), on every reader and a running server
	PITCREW_FUZZ_SECONDS=$(SECONDS) $(BIN)/pytest -q --timeout 0 -p no:cacheprovider tests/fuzz

audit: $(INSTALLED) ## licences, and known vulnerabilities of what is installed and of what the pages are built with
	$(BIN)/python -m tests.supply.audit

sbom: $(INSTALLED) ## what is installed to run, as CycloneDX, into dist/
	@mkdir -p dist
	$(BIN)/cyclonedx-py requirements --output-reproducible --pyproject pyproject.toml --of JSON -o dist/pitcrew.cdx.json $(LOCKS)/runtime.txt

wheel: $(INSTALLED) ## the package, into dist/: the same bytes from the same commit
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w dist .

docs: $(INSTALLED) ## write the generated tables into the Markdown pages
	$(BIN)/python -m tests.generated_docs --write
	$(BIN)/python -m tests.client_schema --write
	$(BIN)/python -m tests.wire.frame_examples --write

bench: $(INSTALLED) ## what a turn costs beside three smaller servers, into docs/benchmarks: a few minutes
	@[ -d $(DATA) ] || PITCREW_DATA_DIR=$(DATA) $(BIN)/pitcrew ingest knowledge_base
	$(BIN)/python -m benchmarks.comparison --data $(DATA) --json docs/benchmarks/comparison.json --plot docs/benchmarks/comparison.svg

profile: $(INSTALLED) ## where the time of a turn without a model goes, by step, room and function
	@[ -d $(DATA) ] || PITCREW_DATA_DIR=$(DATA) $(BIN)/pitcrew ingest knowledge_base
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m benchmarks.profile --data $(DATA)

fit: $(INSTALLED) ## fit the weights of answers again, after a change to the search: a few minutes
	$(BIN)/python -m benchmarks.fit

chromium:
	@command -v chromium-headless-shell chromium >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Debian's chromium for the browser tests"; \
	    apt-get update -qq && for program in chromium-headless-shell chromium; do \
	      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$program fonts-dejavu-core >/dev/null && break; done; \
	  else echo "The browser tests need Chromium: sudo apt install chromium-headless-shell"; exit 1; fi; }

clean: ## remove .venv, caches and the data of `make run`
	rm -rf .venv data tests/integration/agui/node_modules web/node_modules web/client/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info
