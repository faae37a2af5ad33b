.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PIP_FLAGS ?= -qq
# Export only variables that are set: an empty TAG= is an error, an absent one is not.
DEPLOYMENT := PROJECT REGION ENVIRONMENT TAG STAGES MAX_WORKERS BUCKET PARAMETERS NETWORK SUBNETWORK \
  LAUNCH PROFILER DRY_RUN YES
$(foreach name,$(DEPLOYMENT),$(if $(filter undefined,$(origin $(name))),,$(eval export $(name))))

.PHONY: help setup run up test smoke rehearsal image template launch update rollback drain launches chaos fuzz audit eval bench gallery lock lint format clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { \
	    n = split($$2, words, " "); line = words[1]; \
	    printf "  \033[1mmake %-10s\033[0m ", $$1; \
	    for (i = 2; i <= n; i++) \
	        if (length(line " " words[i]) > 60) {printf "%s\n%18s", line, ""; line = words[i]} \
	        else line = line " " words[i]; \
	    print line }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Make the virtual environment and install everything

run: setup ## Set everything up, make the lessons of examples/requests.jsonl, stop again
	@$(BIN)/vividly run examples/requests.jsonl

up: setup ## Start the local stack and the job; Ctrl-C stops them
	@$(BIN)/vividly up $(ARGS)

test: setup ## Set everything up and run all tests
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

smoke: setup ## Check a deployment end to end: the system of DATABASE_URL, else a local stack
	@scripts/smoke.sh $(BIN)/vividly $(ARGS)

rehearsal: setup ## Check the image's contents without a container engine (needs root, debootstrap)
	@scripts/rehearse-image.sh $(BIN)/python

image: setup ## Build and push the image; PROJECT=, TAG= (default: git's short hash); DRY_RUN=1 only shows, here and below
	@$(BIN)/python -m beam_pipeline.deploy image

template: setup ## Make the flex template of that image
	@$(BIN)/python -m beam_pipeline.deploy template

launch: setup ## Launch the jobs on Dataflow; ENVIRONMENT=, STAGES='text media', MAX_WORKERS=, PARAMETERS='name=value;...'
	@$(BIN)/python -m beam_pipeline.deploy launch

update: setup ## Update the running jobs in place; TAG=, PARAMETERS=, MAX_WORKERS=; all else stays as it is
	@$(BIN)/python -m beam_pipeline.deploy update

rollback: setup ## Relaunch what ran before; shows the difference and asks (YES=1: does not ask)
	@$(BIN)/python -m beam_pipeline.deploy rollback

drain: setup ## Let the running jobs finish their requests, then stop them
	@$(BIN)/python -m beam_pipeline.deploy drain

launches: setup ## List the launches; LAUNCH= names one for launch and rollback
	@$(BIN)/python -m beam_pipeline.deploy launches

chaos: setup ## Run the real job under seeded faults and check that no request is lost; ARGS='--seed 7 --requests 1000 --faults 300'
	$(BIN)/python -m tests.chaos $(ARGS)

fuzz: setup ## Fuzz all code that reads students' words; SECONDS= per target (60)
	@$(BIN)/python -m pip install $(PIP_FLAGS) --disable-pip-version-check -c constraints.txt -e '.[fuzz]'
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60)

audit: setup ## Check every pinned package for known vulnerabilities
	@$(BIN)/python -m pip install $(PIP_FLAGS) --disable-pip-version-check -c constraints.txt -e '.[audit]'
	$(BIN)/pip-audit --strict --requirement constraints.txt --no-deps --disable-pip $(AUDIT_FLAGS)

eval: setup ## Measure retrieval, understanding, lessons, grounding, safety and sharing on labelled questions; BOOK=path of the physics book
	@$(BIN)/vividly evaluate retrieval $(if $(BOOK),--book '$(BOOK)')
	@$(BIN)/vividly evaluate understanding --no-book
	@$(BIN)/vividly evaluate lessons $(if $(BOOK),--book '$(BOOK)')
	@$(BIN)/vividly evaluate grounding
	@$(BIN)/vividly evaluate safety
	@$(BIN)/vividly evaluate sharing

bench: setup ## Measure speed and write docs/performance.md: an hour or two; ARGS='burst growth' runs these, ARGS=--list lists them
	@$(BIN)/python -m bench $(ARGS)

gallery: setup ## Render one lesson per subject to gallery/, and a contact sheet and every kind of visual to docs/images/
	@$(BIN)/vividly gallery --out gallery --sheet docs/images/gallery.jpg
	@$(BIN)/python -m scripts.draw_visuals

lock: setup ## Write requirements.lock from pyproject.toml and constraints.txt
	@$(BIN)/python -m pip install $(PIP_FLAGS) --disable-pip-version-check 'uv>=0.9,<1'
	@$(BIN)/uv pip compile pyproject.toml --extra profiler --constraint constraints.txt --generate-hashes --quiet \
	  --no-emit-index-url --no-annotate --no-header --python-version 3.11 \
	  --python-platform x86_64-unknown-linux-gnu --output-file requirements.lock
	@sed -i '1i # What the image installs, with the hash of every file: make lock' requirements.lock

lint: setup ## Check style, types, imports, shell scripts and the Dockerfile
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m scripts.draw_imports --check
	$(BIN)/bandit -q -c pyproject.toml -r beam_pipeline transforms vividly
	$(BIN)/shellcheck scripts/*.sh .ci/run
	$(BIN)/hadolint Dockerfile

format: setup ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove the virtual environment, the local stack's data and build leftovers
	rm -rf $(VENV) .vividly build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache

$(INSTALLED): pyproject.toml setup.py constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	  { echo "Python 3.11 is needed; found $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing (a few minutes the first time) ..."
	@$(BIN)/python -m pip install $(PIP_FLAGS) --disable-pip-version-check -c constraints.txt -e '.[local,dev]' || \
	  { echo "pip could not install the packages: is the network up? make setup PIP_FLAGS= shows more"; exit 1; }
	@touch $@
	@echo "Installed. In each terminal, '. $(BIN)/activate' puts vividly on its path."
