# Everything from a fresh clone with Python 3.11+ and make. Each target sets up what it needs; again adds seconds.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PROOFS := .venv-proofs
STAMPS := build/stamps
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Node trusts what the machine trusts: behind many proxies its own list is not enough.
export NODE_OPTIONS ?= --use-system-ca
# The tests start hundreds of processes: each would compile our modules anew.
unexport PYTHONDONTWRITEBYTECODE
PYTEST := $(BIN)/python -m pytest

.PHONY: help setup demo test bench prove lint forge format lock clean contracts wheel

help:
	@echo "make demo | test | bench | prove | lint | format | wheel | lock | clean"

setup: contracts

$(STAMPS)/python: requirements-dev.txt pyproject.toml
	@mkdir -p $(STAMPS)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/npm: package-lock.json $(STAMPS)/python
	$(BIN)/npm ci --no-progress --loglevel=error
	@touch $@

# Halmos and slither need an older web3 than ours: an environment of their own.
$(STAMPS)/proofs: requirements-proofs.txt
	@mkdir -p $(STAMPS)
	test -x $(PROOFS)/bin/python || $(PYTHON) -m venv $(PROOFS)
	$(PROOFS)/bin/python -m pip install --quiet --require-hashes -r requirements-proofs.txt
	@touch $@

# Cached by the hash of the compiler's input: cheap to ask each time.
contracts: $(STAMPS)/npm
	@$(BIN)/python scripts/compile.py

demo: setup
	$(BIN)/python scripts/demo.py

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

forge: setup
	$(BIN)/python scripts/forge.py test

# Lint and the Solidity tests beside each other: neither keeps both processors busy.
test: setup $(STAMPS)/proofs
	@$(MAKE) --no-print-directory -j 2 lint forge
	$(BIN)/python scripts/prove.py --quick
	$(PYTEST) -n 2 --dist worksteal -m "not prove"

prove: setup $(STAMPS)/proofs
	$(BIN)/python scripts/prove.py

# Other projects' tokens, measured beside ours by the bench alone: their licences are not ours, and nothing else needs them.
$(STAMPS)/peers: scripts/peers/package-lock.json $(STAMPS)/npm
	@mkdir -p build/peers
	cp .npmrc scripts/peers/package.json scripts/peers/package-lock.json build/peers/
	cd build/peers && npm ci --no-progress --loglevel=error
	@touch $@

bench: setup $(STAMPS)/peers
	$(BIN)/python scripts/bench.py

wheel: setup
	$(BIN)/python -m build --no-isolation --wheel --outdir build/dist .

# Pins and hashes for every platform, without hosts; package-lock.json needs no node_modules present.
lock:
	$(PYTHON) -m venv build/uv && build/uv/bin/pip install --quiet uv
	build/uv/bin/uv pip compile --universal --generate-hashes --python-version 3.11 --prerelease if-necessary-or-explicit \
		--no-emit-index-url --no-header --quiet pyproject.toml -o requirements.txt
	build/uv/bin/uv pip compile --universal --generate-hashes --python-version 3.11 --prerelease if-necessary-or-explicit \
		--no-emit-index-url --no-header --quiet --group dev --all-extras -c requirements.txt pyproject.toml -o requirements-dev.txt
	build/uv/bin/uv pip compile --universal --generate-hashes --python-version 3.11 --prerelease if-necessary-or-explicit \
		--no-emit-index-url --no-header --quiet --group proofs -o requirements-proofs.txt

clean:
	rm -rf build dist $(VENV) $(PROOFS) node_modules src/abst/chain/artifacts .abst .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
