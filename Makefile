# On a fresh machine with Python 3.11+ and make, each target sets up what it needs by itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1

.PHONY: demo test lint campaign simulate docs clean

demo: $(VENV)/.installed
	$(BIN)/trimtab demo

test: $(VENV)/.developing lint
	$(BIN)/pytest -n auto --dist loadgroup

lint: $(VENV)/.developing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/shape.py

# Long statistical and simulation campaigns.
campaign: $(VENV)/.developing
	$(BIN)/pytest -n auto -m campaign

# Thousands of simulated years with every fault, and the laws that must hold in each.
simulate: $(VENV)/.developing
	$(BIN)/python -m trimtab.testing.simulation --years 2000 --processes 2

# Regenerates what is shown in README and docs.
docs: $(VENV)/.developing
	$(BIN)/python tools/stub.py
	$(BIN)/ruff format --quiet src/trimtab/__init__.pyi
	$(BIN)/python tools/reference.py

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.developing: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
