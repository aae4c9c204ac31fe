# The study's commands; `make help` lists them. Each works on a fresh clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Two processes: what one waits for, the other uses, and more of them would want 2 GB each.
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal
# What is left out, and what takes longer, is said first.
define TESTS
test -f build/html/index.html || \
  echo "The book was not built here (make book): the tests of the site build it first, which takes minutes more."; \
if which chromium chromium-browser google-chrome google-chrome-stable 2>/dev/null | grep -q .; then \
  $(PYTEST) -m "$(MARKS)"; \
else \
  echo "Chromium is not on this machine: the tests that look at the site in a browser are left out." && \
  $(PYTEST) -m "($(MARKS)) and not browser"; \
fi
endef

LOCK := $(BIN)/uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
  --no-annotate --no-header --upgrade --quiet

.DEFAULT_GOAL := help
.PHONY: help env book lab test test-all data results notebooks bench distil fuzz lint audit pdf release lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: ## make the environment in .venv
	@$(PYTHON) tools/environment.py

book: env ## build the book and say where its first page is
	@$(BIN)/rednote-study book

lab: env ## open the chapters in JupyterLab (the data: REDNOTE_STUDY_DATASET or study.toml)
	@$(BIN)/python -c 'import jupyterlab' 2>/dev/null || \
	  { echo "JupyterLab is not in $(VENV). Install it: $(BIN)/python -m pip install 'jupyterlab>=4'" >&2; exit 1; }
	@$(BIN)/jupyter-lab --config=tools/jupyter_lab.py --ServerApp.root_dir="$(CURDIR)" book/chapters/01_context.ipynb

test: MARKS := not slow
test: env ## run the tests, in five minutes (those in a browser where Chromium is)
	@$(TESTS)

test-all: MARKS := slow or not slow
test-all: env ## run all tests, also those that take long: kills, each notebook alone, books on other data
	@$(TESTS)

data: env ## fetch the open data (us_posts) and verify them
	@$(BIN)/rednote-study data fetch us_posts

results: env ## compute all recorded results again (needs the posts)
	@$(BIN)/rednote-study results

notebooks: env ## write each chapter's .ipynb from its .md, and verify the pairs
	@$(BIN)/rednote-study notebooks
	@$(BIN)/rednote-study notebooks --check

bench: env ## measure encoders, segmentation and growth, two ways in one run
	@PYTHONPATH=tools $(BIN)/python benchmarks/ratios.py
	@$(BIN)/python benchmarks/encoders.py
	@$(BIN)/python benchmarks/scale.py

distil: env ## make the small DistilBERT of data/models again
	@PYTHONPATH=tools $(BIN)/python -m distil

fuzz: env ## fuzz the reader of raw files: make fuzz SECONDS=300 (default: 60)
	@$(BIN)/python tests/fuzz/fuzz_reader.py --seconds $(or $(SECONDS),60)

lint: env ## check style, spelling, direction of imports, pairs, citation files, workflow
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/codespell
	@$(BIN)/lint-imports
	@$(BIN)/rednote-study notebooks --check
	@$(BIN)/rednote-study citation --check
	@if command -v actionlint >/dev/null; then actionlint; else \
	  echo "actionlint is not on this machine: the workflow was checked by the tests alone."; fi

audit: ## say which pinned packages have a known fault (pip-audit)
	@.ci/audit

pdf: book ## print the book as one PDF, into the site (needs Chromium)
	@$(BIN)/rednote-study pdf

release: pdf ## pack the built book, figures, tables and checksums into build/release
	@$(BIN)/rednote-study release

lock: env ## pin all packages again, and write environment.yml from the pins
	$(LOCK) --universal --all-extras pyproject.toml -o requirements.txt
	echo uv | $(LOCK) - -o tools/uv.txt
	$(PYTHON) tools/environment_file.py > environment.yml

clean: ## remove what was built (the environment and the data stay)
	rm -rf build .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
