# Everything a checkout needs; `make` alone lists the targets. Needs make and Python 3.11 or newer.
# Another Python: make PYTHON=python3.12 test. The environment lies in .venv and is made when it is missing.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LOCK   := requirements/lock.txt
PIP    := $(BIN)/python -m pip --disable-pip-version-check
PINNED := $(PIP) install --quiet --constraint $(LOCK)
BUILD  := hatchling editables

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-all bench check check-format check-lint check-types check-layers check-modules \
        format lock clean python

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.run-time  ## compare the regularizers on the two moons and write demo/report.html
	$(BIN)/bridle compare moons --out demo

# Most of the tests' time is compilation. Without optimization it takes four tenths of the time, and what then runs
# slower tests can afford, but for those that compare bits; test-all compiles everything as users do.
QUICKLY := XLA_FLAGS="--xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=0"

test: $(VENV)/.dev  ## run the tests and the docstrings' examples, without the slow ones
	$(BIN)/python -m pytest -n 2 -m "not slow and bits"
	$(QUICKLY) $(BIN)/python -m pytest -n 2 -m "not slow and not bits"

test-all: $(VENV)/.dev  ## run all tests; the layers below the studies must be covered to 95 % of their lines
	$(BIN)/python -m pytest -n 2 --cov=bridle --cov-report=
	$(BIN)/python -m coverage report --show-missing --skip-covered --fail-under=95 \
		--omit='src/bridle/study/*,src/bridle/faces/*'

bench: $(VENV)/.dev  ## run the benchmarks
	$(BIN)/python -m benchmarks

check: check-format check-lint check-types check-layers check-modules  ## check format, lint, types, layers and module lengths

check-format: $(VENV)/.dev
	$(BIN)/ruff format --check .

check-lint: $(VENV)/.dev
	$(BIN)/ruff check .

check-types: $(VENV)/.dev
	$(BIN)/python -m mypy

check-layers: $(VENV)/.dev
	$(BIN)/lint-imports --no-cache

check-modules: $(VENV)/.dev
	$(BIN)/python tools/check_module_length.py

format: $(VENV)/.dev  ## format the code and mend what the linter can mend
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock: python  ## pin the newest versions anew in requirements/lock.txt
	rm -rf build/lock
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip --disable-pip-version-check install --quiet '.[dev]' $(BUILD)
	mkdir -p requirements
	( echo "# Exact versions, run time and development, made by make lock. Constraints: each is used where needed." \
		&& build/lock/bin/python -m pip freeze --exclude bridle --exclude setuptools ) > build/lock.txt
	mv build/lock.txt $(LOCK)
	rm -rf build/lock

clean:  ## remove everything that the other targets made, the environment too
	rm -rf $(VENV) build dist demo .coverage .coverage.* .hypothesis .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache
	find . -name .git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. `.made` holds the checkout's place, because an environment does not survive being moved. It is
# taken away while packages are installed, so an interrupted installation begins again from an empty environment.

.NOTPARALLEL:

ifneq ($(shell cat $(VENV)/.made 2>/dev/null),$(CURDIR))
.PHONY: $(VENV)/.made
endif

define install
@rm -f $(VENV)/.made
@$(PINNED) $(BUILD)
@$(PINNED) --no-build-isolation --editable '$(1)'
@printf '%s\n' "$(CURDIR)" > $(VENV)/.made
endef

python:
	@command -v $(PYTHON) >/dev/null || { echo "make: PYTHON must be a command; got '$(PYTHON)'." \
		"Install Python 3.11 or newer, or name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) tools/check_python.py

$(VENV)/.made: | python
	@echo "Making the environment in $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@printf '%s\n' "$(CURDIR)" > $@

$(VENV)/.run-time: $(VENV)/.made pyproject.toml $(LOCK)
	@echo "Installing bridle and what it needs to run (a minute or so)"
	$(call install,.)
	@touch $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml $(LOCK)
	@echo "Installing bridle with the tools for development (a minute or two)"
	$(call install,.[dev])
	@touch $(VENV)/.run-time $@
