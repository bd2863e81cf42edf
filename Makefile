# make demo and make test do all of their own set-up on a machine with Swift and Debian's package manager.
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
SWIFT ?= swift
RELEASE = $(or $(shell SWIFT=$(SWIFT) scripts/release-flags.sh),$(error scripts/release-flags.sh failed))

.PHONY: build release demo test bench profile fuzz lint format install uninstall clean

build:
	@scripts/setup.sh build
	$(SWIFT) build --product sipob

demo: build
	@"$$($(SWIFT) build --show-bin-path)/sipob" demo

release:
	@scripts/setup.sh build
	$(SWIFT) build $(RELEASE)

# One build of the tests, and the fuzz targets beside it, which keep one processor busy where it needs only one; they run
# first, so that the totals are the last line.
test:
	@scripts/setup.sh test
	@scripts/fuzz.sh 0 & $(SWIFT) build --build-tests; built=$$?; wait $$! && exit $$built
	@scripts/fuzz.sh 5
	@scripts/test.sh

bench:
	@scripts/setup.sh bench
	@bench/run.sh

profile:
	@scripts/profile.sh

fuzz:
	@scripts/setup.sh build
	@scripts/fuzz.sh $(FUZZ_SECONDS)

lint:
	@scripts/setup.sh test
	@scripts/lint.sh

format:
	$(SWIFT) format --in-place --parallel --recursive Sources Tests Package.swift

install: release
	@scripts/install.sh "$$($(SWIFT) build $(RELEASE) --show-bin-path)/sipob" "$(DESTDIR)$(PREFIX)"

uninstall:
	@scripts/install.sh --remove "$(DESTDIR)$(PREFIX)"

clean:
	rm -rf .build build bench/out
