PYTHON ?= python3
BIN := .venv/bin

.PHONY: inference test lint dataset splits train notebooks figures evaluate clean

inference: .venv/installed splits  ## predict the test split with the trained models
	$(BIN)/python -m cicy4 notebooks --execute inference_example.ipynb

test: .venv/installed-dev lint  ## the test suite
	$(BIN)/python -m pytest -q -n 2 --durations=10

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

dataset: .venv/installed  ## regenerate data/cicy4.npz from first principles
	$(BIN)/python -m cicy4 dataset

splits: .venv/installed  ## write data/splits/ if it is not there
	$(BIN)/python -m cicy4 splits

train: .venv/installed splits  ## train what is not trained yet, or go on where it stopped
	$(BIN)/python -m cicy4 train --all

notebooks: .venv/installed  ## write the notebooks from the source
	$(BIN)/python -m cicy4 notebooks

figures: .venv/installed  ## draw every figure in Results_p1_Figures/
	$(BIN)/python -m cicy4 figures

evaluate: .venv/installed  ## predict with the ensembles, write the README's tables
	$(BIN)/python -m cicy4 evaluate

.venv/installed: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -r requirements.txt
	touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	$(BIN)/pip install -q -r requirements-dev.txt
	touch $@

clean:
	rm -rf .venv data/splits checkpoints
