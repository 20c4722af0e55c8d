# Lifeboat. `make help` lists what there is; `make run` and `make test` install what they need.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)
GOBUILD  = go build -ldflags '$(LDFLAGS)'
ROOMS   := $(wildcard app failover mailstore configs assets)

# What `make run` does where there is no screen: the main job, in a small world inside the program.
RUN ?= practice
# no: build and test with what is here, install nothing
SETUP ?= yes
# no: `make run` stays in the terminal although there is a screen
WINDOW ?= $(if $(filter Darwin,$(shell uname)),yes,$(if $(DISPLAY)$(WAYLAND_DISPLAY),yes,no))
FUZZTIME ?= 30s

LINT_VERSION := v2.15.0
LINT := .cache/bin/golangci-lint-$(LINT_VERSION)

# Where Go's own package and Homebrew put it, for shells whose PATH does not say so yet.
export PATH := $(PATH):/usr/local/go/bin:/opt/homebrew/bin
export FUZZTIME

# The same flags for building, vetting, testing and linting, so that all of them share one build cache: the window
# toolkit takes minutes to compile. Fyne's tag leaves its old threading out; the version is stamped above, not by Go.
ifeq ($(findstring migrated_fynedo,$(GOFLAGS)),)
export GOFLAGS := $(strip $(shell go env GOFLAGS 2>/dev/null) -buildvcs=false -trimpath -tags=migrated_fynedo)
endif

install = $(if $(filter yes,$(SETUP)),@bash .ci/install $(1))

.DEFAULT_GOAL := help
.PHONY: help run build bin/lifeboat bin/lifeboat-desktop cross windows test test-long bench bench-large lint fmt fonts icons clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z \/-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: ## see Lifeboat at work: the window, or the terminal where there is no screen
ifeq ($(WINDOW),yes)
	$(call install,go window)
	@$(MAKE) --no-print-directory SETUP=no bin/lifeboat-desktop
	bin/lifeboat-desktop
else
	$(call install,go)
	@$(MAKE) --no-print-directory SETUP=no bin/lifeboat
	bin/lifeboat $(RUN)
endif

build: bin/lifeboat bin/lifeboat-desktop ## both programs, into bin/

bin/lifeboat:
	$(call install,go)
	CGO_ENABLED=0 $(GOBUILD) -o $@ ./app

bin/lifeboat-desktop:
	$(call install,go window)
	CGO_ENABLED=1 $(GOBUILD) -o $@ ./app

cross: ## the command line for Windows, macOS and ARM servers
	$(call install,go)
	CGO_ENABLED=0 GOOS=windows GOARCH=amd64 $(GOBUILD) -o bin/lifeboat-windows-amd64.exe ./app
	CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 $(GOBUILD) -o bin/lifeboat-darwin-arm64 ./app
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 $(GOBUILD) -o bin/lifeboat-linux-arm64 ./app

windows: LDFLAGS += -H=windowsgui
windows: ## the window for Windows, bin/lifeboat-desktop.exe
	$(call install,go mingw)
	CGO_ENABLED=1 GOOS=windows GOARCH=amd64 CC=x86_64-w64-mingw32-gcc \
		$(GOBUILD) -o bin/lifeboat-desktop.exe ./app

test: ## everything that a change must pass
	$(call install,go race window display servers)
	@MAKE='$(MAKE)' bash .ci/test

test-long: ## long campaigns, and each fuzz target for FUZZTIME (30s)
	$(call install,go race window display servers desktop)
	@bash .ci/test-long

bench: ## measure against the budgets, as ratios
	$(call install,go window display servers)
	@grep -rlE --include='*_test.go' '^func Benchmark' $(ROOMS) | xargs -n 1 dirname | sort -u | sed 's#^#./#' | \
		xargs go test -run '^$$' -bench . -benchmem -timeout 60m

bench-large: ## fill the mirror with a million messages (LIFEBOAT_LARGE=n: with n), search and list them
	$(call install,go)
	LIFEBOAT_LARGE=$${LIFEBOAT_LARGE:-1000000} go test -run '^$$' -bench '^BenchmarkLarge$$' -benchtime 1x -timeout 90m ./mailstore/store

$(LINT):
	GOBIN='$(CURDIR)/.cache/bin' go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv .cache/bin/golangci-lint $@

lint: ## the linter, with the rules of .golangci.yml
	$(call install,go window)
	@$(MAKE) --no-print-directory $(LINT)
	$(LINT) run ./...

fmt: ## gofmt over everything
	gofmt -s -w $(ROOMS)

fonts icons: ## make assets/fonts or assets/icons again (they are committed)
	.ci/$@

clean: ## remove what was built here
	rm -rf bin .cache
