PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/papermill --log-level WARNING --no-progress-bar --stdout-file -
MODELS := Results_p2_Trained_models
NETWORK ?= lstm-448
STUDY ?= orders
PARAMETERS ?=
ONLY ?=
export TF_CPP_MIN_LOG_LEVEL = 3

.PHONY: help inference test lint dataset splits train notebooks figures study studies evaluate clean

help:  ## say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-15s %s\n", $$1, $$2 }' Makefile

inference: EXECUTED := inference_example.executed.ipynb
inference: .venv/installed splits  ## predict the test split with the members of the ensembles
	$(RUN) inference_example.ipynb $(EXECUTED)
	@echo "The executed notebook is $(EXECUTED)"

test: .venv/installed-dev lint splits  ## the test suite
	$(BIN)/python -m pytest -q -n 2 --dist worksteal --durations=10

lint: .venv/installed-dev  ## format and style of the code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

dataset: .venv/installed  ## regenerate data/cicy4.npz from first principles
	$(BIN)/python -m tools dataset

splits: .venv/installed  ## write data/splits/ if it is not there
	$(BIN)/python -m cicy4 splits

# With PARAMETERS the network is another one: all that the run makes stays in experiments/.
train: .venv/installed splits  ## make a network: NETWORK=lstm-448, PARAMETERS="-p EPOCHS 25"
	$(BIN)/python -m tools train $(NETWORK) $(PARAMETERS)

study: .venv/installed splits  ## make the runs of a study that are missing: STUDY=orders
	$(BIN)/python -m tools study $(STUDY) --at-once 2

studies: EXECUTED := studies.executed.ipynb
studies: .venv/installed  ## show in studies.ipynb, figures and README what the records of studies say
	$(BIN)/python -m tools notebooks --check studies
	$(RUN) --cwd Results_p3_Studies Results_p3_Studies/studies.ipynb $(EXECUTED)
	$(BIN)/python -m tools notebooks --executed $(EXECUTED) studies
	rm $(EXECUTED)
	$(BIN)/python -m tools figures orders ablation learning small_and_large
	$(BIN)/python -m tools table

notebooks: .venv/installed  ## make the notebooks from their scripts
	$(BIN)/python -m tools notebooks

figures: .venv/installed splits  ## draw the figures in Results_p1_Figures/, or ONLY="widths errors"
	$(BIN)/python -m tools figures $(ONLY)

evaluate: EXECUTED := inference_example.executed.ipynb
evaluate: splits  ## form the ensembles again, and write all tables
	$(RUN) inference_example.ipynb $(EXECUTED) -p OUTPUT $(MODELS)
	$(BIN)/python -m tools notebooks --executed $(EXECUTED) inference_example
	rm $(EXECUTED)
	$(BIN)/python -m tools reliability
	$(BIN)/python -m tools table

.venv/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -r requirements.txt
	$(BIN)/pip install -q --no-deps -e .
	touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	$(BIN)/pip install -q -r requirements-dev.txt
	touch $@

clean:  ## remove what is not committed: the installation, splits
	rm -rf .venv data/splits Results_p3_Studies/splits
