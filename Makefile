# The only commands a person must know: make demo, make test. Both work on a bare clone with Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-long quick check dev docs bench evidence clean calibrate same mutants
.DEFAULT_GOAL := demo

# Hash-checked versions from the lock, then the project itself; again whenever the lock is newer.
$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, found " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@echo "Installing into $(VENV) (a minute or two) …"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)
	@$(BIN)/wlz demo

test: $(READY)
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not long"

# The files of many whole runs each, which would make `test` too slow to run before every commit.
test-long: $(READY)
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m long

# Method, contracts and house, without whole runs: for while you work; the last line says how long it took.
quick: $(READY)
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow" tests/spec tests/contracts tests/architecture

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

dev: $(READY)
	@$(BIN)/python -m pipelines.dev

docs: $(READY)
	@$(BIN)/python -m scripts.make_docs

# The peers of both benchmarks live in an environment of their own.
.venv-peer/.ready:
	@$(PYTHON) -m venv .venv-peer
	@.venv-peer/bin/python -m pip install --quiet --disable-pip-version-check "statsforecast>=2.1.1,<2.2" "chainladder>=0.10.1"
	@touch $@

# With SERIES=FOLDER also the forecasts, on public series of yours, beside statsforecast in an environment of its own.
bench: $(READY) .venv-peer/.ready
	@$(BIN)/python -m scripts.bench
ifdef SERIES
	@$(BIN)/python -m scripts.bench.forecasts $(SERIES) --peer .venv-peer/bin/python
endif

evidence: $(READY)
	@$(BIN)/python -m scripts.evidence.forecasts
	@$(BIN)/python -m scripts.evidence.lag
	@$(BIN)/python -m scripts.evidence.run_off
	@$(BIN)/python -m scripts.evidence.checks
	@$(BIN)/python -m scripts.evidence.deliveries
	@$(BIN)/python -m scripts.evidence.shapes
	@$(BIN)/python -m scripts.evidence.years
	@$(BIN)/python -m scripts.evidence.code_changes

# Do this tree and another commit give the same figures? make same BASE=commit
same: $(READY)
	@$(BIN)/python -m scripts.same $(BASE)

# Small errors put into the method on purpose: do the tests of spec and unit notice them?
SEED ?= 15
N ?= 200
mutants: $(READY)
	@$(BIN)/python -m scripts.mutants --seed $(SEED) --count $(N)

calibrate: $(READY)
	@$(BIN)/python -m scripts.calibrate_simulation

clean:
	rm -rf $(VENV) .venv-peer .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
