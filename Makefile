# `make run` and `make test` are all there is: both set up what they need first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: venv help run test check lint house clean screenshots audit bench bench-flood bench-idle bench-plot chaos

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/run.stamp ## Run the bot: on Discord when DISCORD_TOKEN is set, else in the local sandbox
	@$(BIN)/python bot.py run --or-sandbox

test: $(VENV)/dev.stamp ## Run the tests
	@$(BIN)/python -m pytest -n 4

check: $(VENV)/run.stamp ## Test the settings, the token, the database and the providers
	@$(BIN)/python bot.py check

lint: $(VENV)/dev.stamp ## ruff, format, pyright strict, import contracts, dead code, requirements
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports
	@$(BIN)/vulture
	@$(BIN)/deptry --no-ansi .

house: $(VENV)/dev.stamp ## Print facts about the code: folders, floors of imports, circles, constructors, retry loops
	@$(BIN)/python -m tests.house

audit: $(VENV)/dev.stamp ## Ask whether a package that the bot runs on has a known vulnerability (needs the network)
	@$(BIN)/pip-audit --strict -r requirements.txt

screenshots: $(VENV)/dev.stamp ## Make the pictures of the sandbox's page in docs/ (needs chromium)
	@$(BIN)/python -m tests.sandbox.page.screenshots docs

chaos: $(VENV)/dev.stamp ## Break everything on purpose for 200 rounds, and check that nothing is lost
	@$(BIN)/python -m tests.chaos --rounds 200

bench: $(VENV)/dev.stamp ## Measure streaming against Discord's limits (about 13 minutes)
	@$(BIN)/python -m benchmarks.streaming

bench-flood: $(VENV)/dev.stamp ## Have hundreds of people ask at once, and see that nobody is forgotten (about 6 minutes)
	@$(BIN)/python -m benchmarks.flood

bench-idle: $(VENV)/dev.stamp ## Measure what the bot costs while nobody talks to it
	@$(BIN)/python -m benchmarks.idle

bench-plot: $(VENV)/dev.stamp ## Draw docs/streaming.svg
	@$(BIN)/python -m benchmarks.plot

clean: ## Remove the virtual environment (data stays)
	rm -rf $(VENV)

# One that was half made (no pip: interrupted, or by a Python without ensurepip) is made anew.
venv:
	@test -x $(BIN)/python && test -x $(BIN)/pip || { \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
			{ echo "Bobbin needs Python 3.11 or later; say which with: make PYTHON=python3.12 run"; exit 2; }; \
		echo "Setting up $(VENV), once; this takes a minute or two..."; \
		$(PYTHON) -m venv --clear $(VENV); \
	}

$(VENV)/run.stamp: requirements.txt | venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt requirements.txt | venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp
