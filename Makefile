# Two commands are enough: `make demo` to try it, `make test` to see that it holds.

PYTHON ?= python3
SCALE ?= 0.1
N ?= 5000
BIN := .venv/bin
export SCALE
# Compiled once, whatever the environment says: the tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test bench soak proofs fuzz mutation shipped check format lock audit release

help: ## Say what can be made.
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: .venv/ready ## Make .venv with everything that the lock names.

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Groundswell needs Python 3.11 or newer: name one with PYTHON=python3.12."; exit 2; }
	@command -v uv >/dev/null || test -x .tools/bin/uv \
		|| { $(PYTHON) -m venv .tools && .tools/bin/python -m pip install -q uv; }
	@echo "Setting up .venv, once: about 150 packages from requirements.lock."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@PATH="$(CURDIR)/.tools/bin:$$PATH" uv pip sync -q --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@PATH="$(CURDIR)/.tools/bin:$$PATH" uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## Open the sandbox: the whole bot in a browser page, on this machine alone.
	@$(BIN)/groundswell demo || test $$? -eq 130

test: setup ## Run all tests, with PostgreSQL from PyPI and a browser.
	$(BIN)/pytest -n 3 --dist loadgroup -q

bench: setup ## Measure all figures against their peers in one run; ONLY="slack sqlite" for some.
	@$(BIN)/python -m tests.benchmarks.run

soak: setup ## Look for leaks under mixed load: ten minutes, or MINUTES=120.
	@$(BIN)/python -m tests.benchmarks.soak

proofs: setup ## Run the proofs alone; SCALE=1 in full, which takes many minutes.
	$(BIN)/pytest -n 3 --dist loadgroup -q tests/proofs

fuzz: setup ## Feed all that comes from outside with what should not; N=1000000 for all of it.
	@$(if $(GUIDED),PATH="$(CURDIR)/.tools/bin:$$PATH" uv pip install -q --python $(BIN)/python --only-binary :all: --require-hashes -r tests/fuzz/atheris.txt)
	@$(BIN)/python -m tests.fuzz -n $(N) $(if $(GUIDED),--guided)

mutation: setup ## Break the disclosure, the receipts and the vault in every small way; count what is noticed.
	@$(BIN)/python -m tests.mutation

shipped: setup ## Ask systemd, helm, promtool, nginx and others what they make of deploy/.
	@PATH="$(CURDIR)/.tools/bin:$$PATH" uv pip install -q --python $(BIN)/python --require-hashes -r tests/deploy/tools.txt
	@$(BIN)/python -m tests.deploy

check: setup ## Style, types, import contracts.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## Put the code into shape.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup ## Draw both locks anew from pyproject.toml: with the test tools, and without for deploy/.
	PATH="$(CURDIR)/.tools/bin:$$PATH" uv pip compile pyproject.toml --all-extras --group test \
		--universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command 'make lock' -q -o requirements.lock
	printf 'hatchling\nsetuptools\n' | PATH="$(CURDIR)/.tools/bin:$$PATH" uv pip compile - -c requirements.lock \
		--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
		--custom-compile-command 'make lock' -q -o deploy/building.lock
	PATH="$(CURDIR)/.tools/bin:$$PATH" uv pip compile pyproject.toml --all-extras -c requirements.lock \
		--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
		--custom-compile-command 'make lock' -q -o deploy/requirements.lock

audit: setup ## Look up what is known against anything in the lock; what cannot be looked up fails, too.
	@PATH="$(CURDIR)/.tools/bin:$$PATH" uvx -q pip-audit@2.10.1 --strict --disable-pip --require-hashes -r requirements.lock

release: setup ## Build what is given out, in dist: the same from the same commit, with a list of what it leans on.
	@rm -rf dist
	@PATH="$(CURDIR)/.tools/bin:$$PATH" SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) uv build -q --no-build-isolation --python $(BIN)/python
	@PATH="$(CURDIR)/.tools/bin:$$PATH" uvx -q --from cyclonedx-bom==7.5.0 cyclonedx-py requirements --output-reproducible -o dist/groundswell.cdx.json requirements.lock
	@cd dist && sha256sum * | tee SHA256SUMS
