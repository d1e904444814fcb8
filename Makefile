# Two commands are for everybody: `make demo` and `make test`. Both make the virtual environment themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SEEDS ?= 200

# where it is set every process compiles all our modules anew, and the tests start a thousand
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check bench soak clean

help:
	@echo "make demo   run the printer-jam day and write its report to out/printer-jam.html"
	@echo "make test   all checks and tests (installs the Debian packages they need)"
	@echo "make check  linters, types and layers only"
	@echo "make bench  all benchmarks"
	@echo "make soak   $(SEEDS) seeds of every library scenario, twice in fresh processes, and of random faults"
	@echo "make clean  remove everything that was made"

demo: $(STAMP)
	@mkdir -p out
	$(BIN)/ppelab run printer-jam --report out/printer-jam.html --journal out/printer-jam.jsonl
	@echo
	@echo "Отчёт: out/printer-jam.html"

test: $(VENV)/.dev
	tools/debian-packages
	$(MAKE) check
	# more than two on two processors: many tests wait, for a timeout or for the clock
	$(BIN)/python -m pytest -n 4 --dist worksteal -m "not realtime"
	$(BIN)/python -m pytest -n 4 --dist worksteal -m realtime

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	tools/debian-packages
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(BIN)/python -m benchmarks

soak: $(VENV)/.dev
	$(BIN)/python -m tests.soak --seeds $(SEEDS)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; set PYTHON=…" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) \
	  || { echo "the venv module is missing: apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; }

$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

# the Debian packages come first: PyAudio is built against PortAudio's headers
$(VENV)/.dev: pyproject.toml constraints.txt tools/debian-packages | $(BIN)/python
	tools/debian-packages
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(STAMP) $@

clean:
	rm -rf $(VENV) out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
