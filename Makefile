# `make paper` and `make test` set up everything that they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS ?= test
STAMP := $(VENV)/.installed-$(EXTRAS)
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help env build lock config paper ensemble published-limits archive docs test test-thorough test-cluster lint \
	format faults scaling bench build-checked kernels-checked instructions instructions-update profile clean

help:
	@echo "make paper             regenerate everything: figures, limits and report under results/"
	@echo "make ensemble          compute uncertainty bands of all limits, and which inputs cause them"
	@echo "make test              run the tests"
	@echo "make env               create the virtual environment and compile the kernels"
	@echo "make build             compile the kernels whose sources changed"
	@echo "make lock              write requirements.lock from the environment's packages, and environment.yml from that"
	@echo "make config            write config/*.yaml and the schema from the constraints' declarations"
	@echo "make published-limits  fetch limits of other experiments for the comparison planes (needs a network)"
	@echo "make lint              run ruff, mypy on the public modules, snakefmt, snakemake --lint, and measure lines"
	@echo "make format            format the code with ruff and snakefmt"
	@echo "make test-thorough     more cases of what these cover, ten minutes of processor time"
	@echo "make test-cluster      run the tests on a real SLURM cluster, started on this machine"
	@echo "make faults            kill fifty runs at random moments, and check that each recovers"
	@echo "make scaling           measure how the workflow scales on this machine"
	@echo "make archive           pack a finished run into nubounds-run.tar.gz; nubounds verify checks it anywhere"
	@echo "make bench             compare the kernels' speed with the usual tools: docs/benchmarks.md"
	@echo "make kernels-checked   run the physics tests with kernels that check bounds and addresses"
	@echo "make instructions      count the kernels' instructions and compare with the committed table (needs valgrind)"
	@echo "make instructions-update   rewrite that table"
	@echo "make docs              build the documentation site and run its examples: build/docs/index.html"
	@echo "make profile           show where the time of make paper goes"
	@echo "make clean             remove results, compiled kernels and the environment"

# The stamp records where the environment was made.  Its scripts contain that path, so one that was moved or copied is
# made again.
MADE_IN := $(shell cat $(VENV)/.installed-* 2>/dev/null | head -n 1)
ifneq ($(MADE_IN),$(CURDIR))
.PHONY: $(STAMP)
endif

$(STAMP): pyproject.toml requirements.lock
	@echo "making $(VENV): packages are fetched (about two minutes; each is shown), then kernels are compiled"
	$(PYTHON) -m venv $(if $(MADE_IN),$(if $(findstring |$(CURDIR)|,|$(MADE_IN)|),,--clear)) $(VENV)
	$(BIN)/pip install --progress-bar off --constraint requirements.lock setuptools cython numpy wheel
	$(BIN)/pip install --progress-bar off --constraint requirements.lock --no-build-isolation \
		--editable ".[workflow,mpi,$(EXTRAS)]"
	@echo "$(CURDIR)" > $@

env: $(STAMP) build

build: $(STAMP)
	@$(BIN)/python -c "from nubounds.code import build; build.require_fresh()" 2> /dev/null || \
		$(BIN)/python setup.py -q build_ext
	@$(BIN)/python -m compileall -q src  # even if PYTHONDONTWRITEBYTECODE is set: every job imports these modules

lock: build
	$(BIN)/python conda/lock.py

config: build
	@$(BIN)/nubounds config --schema > workflow/schemas/config.schema.json
	@for resolution in paper toy hires; do \
		$(BIN)/nubounds config --resolution $$resolution > config/.$$resolution.part || exit 1; done
	@mv config/.paper.part config/config.yaml
	@mv config/.toy.part config/toy.yaml
	@mv config/.hires.part config/hires.yaml

paper: build
	@$(BIN)/nubounds run

ensemble: build
	@$(BIN)/nubounds run ensemble
	@echo "bands and causes: results/*/ensemble/"

published-limits: build
	@$(BIN)/nubounds published-limits

archive: build
	@$(BIN)/nubounds archive

test: build
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-thorough: build
	$(BIN)/python -m pytest -n 2 --dist loadfile -m thorough

test-cluster: build
	$(BIN)/python -m pytest tests/cluster -m cluster

lint: build
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint
	$(BIN)/python -m pytest -q tests/conformance/test_lines.py

format: $(STAMP)
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	$(BIN)/snakefmt Snakefile workflow

faults: build
	NUBOUNDS_FAULTS=50 $(BIN)/python -m pytest tests/faults -m faults -q -s

scaling: build
	$(BIN)/python tests/benchmarks/scaling.py
	$(BIN)/python tests/benchmarks/scaling_ensembles.py
	$(BIN)/python tests/benchmarks/growth.py

bench:
	@$(MAKE) --no-print-directory EXTRAS=test,bench env
	$(BIN)/python -m pytest tests/benchmarks -o python_files='bench_*.py' -q -s

# The pages use the results of the toy run; Sphinx is added to the environment without renewing its stamp.
DECLARATIONS := $(wildcard src/nubounds/constraints/*/constraint.yaml)
CONSTRAINTS := $(patsubst src/nubounds/constraints/%/constraint.yaml,%,$(DECLARATIONS))
DOCS_STAMP := $(VENV)/.docs

$(DOCS_STAMP): $(STAMP)
	$(BIN)/pip install --progress-bar off --constraint requirements.lock --no-build-isolation \
		--editable ".[docs]"
	@touch $@

docs: build $(DOCS_STAMP)
	@$(BIN)/nubounds run --config config/toy.yaml $(CONSTRAINTS:%=results/toy/%/scorecard.csv) \
		$(CONSTRAINTS:%=results/toy/%/limits/index.json)
	$(BIN)/sphinx-build -q -E -W -n --keep-going -d build/doctrees -b html docs build/docs

build-checked: build
	@$(BIN)/python setup.py -q build_checked 2>&1 | grep -v "performance hint" || true

kernels-checked: build-checked
	$(BIN)/python tests/checked/run.py

instructions: build
	$(BIN)/python tests/benchmarks/instructions.py

instructions-update: build
	$(BIN)/python tests/benchmarks/instructions.py --update

profile: build
	$(BIN)/python tests/benchmarks/profile_paper.py

clean:
	rm -rf results/* build $(VENV) .snakemake src/nubounds/kernels/*.so src/nubounds/kernels/manifest.json src/*.egg-info
	git checkout -q -- results/README.md 2>/dev/null || true
