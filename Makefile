.PHONY: setup run test bench lint lock
.DEFAULT_GOAL := run
MAKEFLAGS += --no-print-directory

# The data directory of `make run`; set MAINSTAY_HOME to use another.
export MAINSTAY_HOME ?= $(CURDIR)/var
HOST ?= 127.0.0.1
PORT ?= 8000

setup:  ## the product and what it needs, in .venv
	@scripts/setup app

run: setup  ## serve a sample organisation on http://127.0.0.1:8000
	@test -f "$(MAINSTAY_HOME)/version" || if test -f "$(MAINSTAY_HOME)/static.stamp"; then .venv/bin/mainstay upgrade; else .venv/bin/mainstay demo; fi
	@exec .venv/bin/mainstay serve --host $(HOST) --port $(PORT)

test:  ## everything, on both databases and in the browser
	@scripts/test

bench:  ## speed and size, against figures of earlier runs
	@scripts/setup dev
	@.venv/bin/python -m bench

lint:  ## style, types, layers, templates, migrations, lock files
	@scripts/lint

lock:  ## pin all dependencies anew
	@scripts/lock
