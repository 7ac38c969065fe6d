# What can be done here. Everything else is in scripts/, which work on their own too.

.DEFAULT_GOAL := help
.PHONY: help demo check test test-long race test-windows lint vuln bench bench-peers attacks storm leaks fuzz generate clean

FUZZTIME ?= 10s
STORM ?= 10m
ARGS ?=

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## build examples/notes and open it (on a virtual display if there is no other)
	@scripts/demo.sh $(ARGS)

check: ## what can be tested without a display and the race detector: a minute and a half
	@scripts/check.sh $(ARGS)

test: ## lint, and all tests but those that take long
	@scripts/test.sh $(ARGS)

test-long: ## those: attacks, storms, leaks, whole projects
	@LONG=only scripts/test.sh $(ARGS)

race: ## test, with the race detector in all packages of the root module
	@RACE=all scripts/test.sh $(ARGS)

test-windows: ## an app for Windows under wine, against a double of the WebView2 runtime
	@scripts/test-windows.sh $(ARGS)

lint: ## what test does before it runs the tests
	@scripts/lint.sh

vuln: ## known vulnerabilities in modules; fails if their database cannot be asked: before a release
	@scripts/vuln.sh

bench: ## run the benchmarks, such as make bench ARGS=-help
	@scripts/setup.sh test
	@PATH="$$(scripts/path.sh)" go -C bench run . $(ARGS)

bench-peers: ## measure Mullion beside others, and write docs/benchmarks.md and .json (10 min and more, ARGS=-help)
	@scripts/setup.sh test
	@PATH="$$(scripts/path.sh)" go -C bench run ./peers $(ARGS)

attacks: ## attack the confinement from inside, and write docs/confinement.md and .json
	@scripts/setup.sh test
	UPDATE_DOCS=1 go test -count=1 -run TestAttacks ./internal/attacks
	UPDATE_DOCS=1 go test -count=1 -run TestDocument ./internal/attacks
	go test -count=1 -run TestAttacks ./internal/busfilter ./internal/displayguard/...

storm: ## break a working app at random for twice STORM (10m), and write docs/storm.md
	@env -u DISPLAY -u WAYLAND_DISPLAY MULLION_STORM=$(STORM) UPDATE_DOCS=1 go test -count=1 -timeout 0 -v -run '^TestStorm(Kept)?$$' $(ARGS) ./internal/storm

leaks: ## open and close a thousand windows, and as many or more of all else (10 min)
	@scripts/setup.sh test
	MULLION_ROUNDS=50 go test -count=1 -timeout 0 -v -run '^TestNothingLeaks$$' $(ARGS) ./internal/e2e/leaks

fuzz: ## run each fuzz target for FUZZTIME (10s)
	@scripts/fuzz.sh $(FUZZTIME)

generate: ## rebuild the scripts of the bridge from their TypeScript, and docs/reference from doc comments
	@go -C internal/bridge/build run .
	@go run ./scripts/reference

clean: ## remove what was built and downloaded into this folder
	rm -rf bin internal/bridge/node_modules conformance/node_modules conformance/*/node_modules conformance/templates/made-*
