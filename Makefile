# Everything runs in .venv, which is made on first use: a machine needs Python 3.11 or newer, make and git.
PYTHON ?= python3
BIN := .venv/bin
TIMES ?= 10

.PHONY: solve test check lint types translations batch pytest long torchvision wheel format readme reference gallery bench clean

solve: .venv/installed  ## set up and solve every shipped problem
	$(BIN)/hwsolve batch problems/

test check: lint types translations batch pytest  ## the whole gate, as CI runs it

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .

types: .venv/installed
	$(BIN)/mypy

translations: .venv/installed  ## every sentence has its Chinese one
	$(BIN)/python -m hwsolve.locale.catalogue zh --check

batch: .venv/installed
	$(BIN)/hwsolve batch problems/

pytest: .venv/installed
	$(BIN)/pytest -q -n 2 --dist worksteal

long: .venv/installed  ## the random tests with many times as many cases
	HWSOLVE_TIMES=$(TIMES) $(BIN)/pytest -q -n 2 --dist worksteal

torchvision:  ## every model of torchvision, imported and counted, in an environment of its own (5 GB)
	$(PYTHON) -m venv build/torchvision
	build/torchvision/bin/python -m pip install --quiet 'torch==2.14.1' 'torchvision==0.29.1' --editable '.[dev]'
	build/torchvision/bin/pytest -q tests/test_import_torch.py -k test_torchvision

wheel:  ## what is installed from the wheel alone, in a clean environment, solves the problems it brings along
	rm -rf build/wheel && $(PYTHON) -m venv build/wheel
	build/wheel/bin/python -m pip install --quiet .
	cd build/wheel && bin/hwsolve batch lib/python3*/site-packages/hwsolve/problems --lang zh && bin/hwsolve schema > /dev/null

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

readme: .venv/installed  ## run the commands on the pages again
	$(BIN)/python -m tests.readme

reference: .venv/installed  ## write docs/reference.md from the records
	$(BIN)/python -m tests.reference

gallery: .venv/installed  ## make the pictures of the README anew
	$(BIN)/python -m tests.gallery

bench: .venv/installed
	$(BIN)/python -m tests.benchmarks

clean:
	rm -rf .venv build dist

.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "hwsolve needs Python 3.11 or newer: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	$(BIN)/python -m compileall -q hwsolve
	touch $@
