PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/papermill --log-output --no-progress-bar
EXECUTED := .venv/executed.ipynb
LARGER := Results_p2_Trained_models/with_80_percent
NETWORK ?= Models_LSTM-based/lstm-448
PARAMETERS ?=  # of the notebook, such as -p EPOCHS 240
ALONE = ! pgrep -f "[p]apermill .*$(EXECUTED)" > /dev/null || (echo "$(NETWORK) is in training"; false)
export TF_CPP_MIN_LOG_LEVEL = 3

.PHONY: inference test lint dataset splits larger-splits train train-larger notebooks figures evaluate clean

inference: .venv/installed splits  ## predict the test split with the members of the ensembles
	$(RUN) inference_example.ipynb $(EXECUTED)
	mv $(EXECUTED) inference_example.ipynb

test: .venv/installed-dev lint splits  ## the test suite
	$(BIN)/python -m pytest -q -n 2 --durations=10

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

dataset: .venv/installed  ## regenerate data/cicy4.npz from first principles
	$(BIN)/python -m cicy4 dataset

splits: .venv/installed  ## write data/splits/ if it is not there
	$(BIN)/python -m cicy4 splits

larger-splits: .venv/installed
	$(BIN)/python -m cicy4 splits --larger

train: EXECUTED := .venv/$(notdir $(NETWORK)).ipynb
train: .venv/installed splits  ## make a network by its notebook, or go on with it
	@$(ALONE)
	$(RUN) --cwd $(dir $(NETWORK)) $(NETWORK).ipynb $(EXECUTED) -p OUTPUT ../Results_p2_Trained_models $(PARAMETERS)
	mv $(EXECUTED) $(NETWORK).ipynb
	$(BIN)/python -m cicy4 notebooks $(notdir $(NETWORK))

train-larger: EXECUTED := .venv/$(notdir $(NETWORK))-80.ipynb
train-larger: .venv/installed larger-splits  ## the same with 80 % of the list for training
	@$(ALONE)
	$(RUN) --cwd $(LARGER) $(NETWORK).ipynb $(EXECUTED) $(PARAMETERS)

notebooks: .venv/installed  ## make the notebooks from their scripts
	$(BIN)/python -m cicy4 notebooks

figures: .venv/installed splits  ## draw every figure in Results_p1_Figures/
	$(BIN)/python -m cicy4 figures

evaluate: .venv/installed splits larger-splits  ## form the ensembles again, and write the README's table
	$(RUN) inference_example.ipynb $(EXECUTED) -p OUTPUT Results_p2_Trained_models
	$(RUN) inference_example.ipynb $(EXECUTED) -p MODELS $(LARGER) \
		-p SPLITS $(LARGER)/splits -p OUTPUT $(LARGER)
	$(BIN)/python -m cicy4 reliability
	$(BIN)/python -m cicy4 table

.venv/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -r requirements.txt
	$(BIN)/pip install -q --no-deps -e .
	touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	$(BIN)/pip install -q -r requirements-dev.txt
	touch $@

clean:
	rm -rf .venv data/splits $(LARGER)/splits
