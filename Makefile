# Everything happens in .venv, inside this folder. `make help` lists the targets.
#
# Needs: make, and Python 3.11 or newer with its venv module. Another interpreter: make run PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MADE := $(VENV)/.made
RUN := $(VENV)/.ready-to-run
DEV := $(VENV)/.ready-to-test
INSTALL := $(BIN)/python -m pip --disable-pip-version-check --quiet install

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-full check bench bench-year clean

help:
	@echo 'make run        install pinned dependencies, solve the national scenario, write runs/japan-2030'
	@echo 'make test       the same set-up, then the tests'
	@echo 'make test-full  all tests at full size'
	@echo 'make check      ruff, ruff format, mypy --strict, import contracts'
	@echo 'make bench      performance targets, side by side with other solvers; a year of actuals too, if given'
	@echo 'make bench-year ACTUALS=FOLDER  fidelity and back-test of any measured year (docs/backtest.md)'
	@echo 'make clean      remove what make made; runs/ stays'

run: $(RUN)
	$(BIN)/wattbit run japan-2030 -o runs/japan-2030

test: $(DEV)
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-full: $(DEV)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m ''

check: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict -p optimizer -m bench.run -m bench.measured_year -m bench.year -m bench.sweeps -m bench.weathers -m bench.cluster
	$(BIN)/lint-imports

# A year of the operators' files (a folder, or one hourly table), and what may be known of that year besides.
ACTUALS ?= $(firstword $(wildcard ../shared/reference/hourly_*.csv.gz))
SPOT ?=
CAPACITY ?=
CONDITIONS ?=
SEEDS ?= 10
OF_YEAR = $(if $(ACTUALS),--actuals '$(ACTUALS)') $(if $(SPOT),--spot '$(SPOT)')

bench: $(DEV)
	$(BIN)/python -m bench.run $(OF_YEAR)

bench-year: $(DEV)
	@test -n '$(ACTUALS)' || { echo 'Say where the actuals are: make bench-year ACTUALS=FOLDER' >&2; exit 2; }
	$(BIN)/python -m bench.measured_year $(OF_YEAR) --seeds $(SEEDS) \
	  $(if $(CAPACITY),--capacity '$(CAPACITY)') $(if $(CONDITIONS),--conditions '$(CONDITIONS)')

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find bench data optimizer tests -type d -name __pycache__ -prune -exec rm -rf {} +

$(MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'wattbit needs Python 3.11 or newer. Name one: make run PYTHON=/path/to/python3.11' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo 'This Python lacks its venv module (package python3-venv on Debian and Ubuntu).' >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

# Every package is pinned and hashed; the project itself is built by the pinned hatchling, nothing else is fetched.
$(RUN): requirements.txt pyproject.toml | $(MADE)
	$(INSTALL) --require-hashes -r requirements.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# requirements-dev.txt contains all of requirements.txt, at the same versions.
$(DEV): requirements-dev.txt pyproject.toml | $(MADE)
	$(INSTALL) --require-hashes -r requirements-dev.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@ $(RUN)
