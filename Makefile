# make quickstart   install, run the embedded default, write the site
# make test         install what the tests need and run them
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: quickstart test lint types site baselines core regress gpu-check wheel wheelhouse clean help

help:
	@sed -n 's/^# //p' Makefile

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "SectorBench needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --upgrade pip
	$(BIN)/python -m pip install -qq --constraint constraints.txt torch
	$(BIN)/python -m pip install -qq --constraint constraints.txt --editable '.[dev]'
	@touch $(STAMP)

quickstart: $(STAMP)
	$(BIN)/sectorbench run benchmarks=quickstart
	$(BIN)/sectorbench site build

test: $(STAMP)
	@$(BIN)/python -c "import shutil, sys; sys.exit(shutil.which('bwrap') is None)" || echo "note: without bubblewrap (apt-get install bubblewrap) the isolation tests are skipped"
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

site: $(STAMP)
	$(BIN)/sectorbench site build

# make core         baselines and all four tasks; SECTORBENCH_DATA names a mirror, else the data is downloaded
core: $(STAMP)
	$(BIN)/sectorbench baselines build baselines --only tfidf-svm-clauses --only gradient-boosting-fleet \
	  --only gradient-boosting-fd001 --only gradient-boosting-fd001-counter --only ridge-fd001
	$(BIN)/sectorbench run benchmarks=industry-core
	$(BIN)/sectorbench run benchmarks=industry-core --submission baselines
	$(BIN)/sectorbench site build

# make regress      three checkpoints: compare calls one worse and lets the other pass
regress: $(STAMP)
	$(BIN)/python tests/performance/regress.py

# make gpu-check    device, parity, sandbox and throughput on a machine with an accelerator
gpu-check: $(STAMP)
	$(BIN)/python tests/performance/gpu_check.py

# make wheelhouse   everything pip needs to install SectorBench on a machine without network, into wheelhouse/
wheelhouse: $(STAMP)
	$(BIN)/python -m pip wheel --quiet --wheel-dir wheelhouse --constraint constraints.txt '.[signing]'
	@echo "on the other machine: pip install --no-index --find-links wheelhouse 'sectorbench[signing]'"

wheel: $(STAMP)
	$(BIN)/python -m build --quiet

clean:
	rm -rf build dist wheelhouse results site baselines *.egg-info
