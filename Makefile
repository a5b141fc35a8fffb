# Every target makes what it needs; nothing is done twice.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

SHARED := $(wildcard ../shared/data)
export DATASET_PIPELINE_SHARED_DATA ?= $(abspath $(SHARED))
# Where Python may not keep what it compiled, every start of it compiles Dagster anew: two seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test ui bench lint lock clean

help:
	@echo "make demo   the sample dataset: raw exports to a certified version and a linked model"
	@echo "make ui     the Dagster UI on http://localhost:3000, with the nightly schedule"
	@echo "make test   all tests        make lint   ruff, mypy, import rules"
	@echo "make bench  speed, as ratios against peers measured in the same run"
	@echo "make setup  .venv from requirements.lock    make lock   renew requirements.lock"

setup: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else f"Python 3.11 to 3.13 is needed, this is {v.major}.{v.minor}; give another one: make PYTHON=python3.12 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
		echo "python3-venv is missing (Debian: apt-get install python3-venv)"; exit 1; }
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

demo: setup
	$(BIN)/dataset-pipeline run support_tickets
	@echo
	$(BIN)/dataset-pipeline verify "$$(ls -td store/versions/support_tickets/*_v*/ | head -1)"
	@echo
	$(BIN)/dataset-pipeline models "$$(ls -t store/models | head -1)"
	@echo
	@echo "Look around: make ui, $(BIN)/dataset-pipeline --help, README.md"

test: setup
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

ui: setup
	$(BIN)/dataset-pipeline ui

bench: setup
	$(BIN)/python -m dataset_pipeline_tests.bench

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q dataset_pipeline_tests/test_boundaries.py

lock: setup
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --extra bench \
		--generate-hashes --no-header --no-annotate --upgrade -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .bench
