# One word per job; each brings about what it needs. `make` alone lists them.
NODE := scripts/node
# Tracing the kernel takes root.
ROOT := $(if $(filter 0,$(shell id -u)),,sudo)
RULES ?= rules

.DEFAULT_GOAL := help
.PHONY: help run watch demo test unit e2e vm bench build bpf front web generate check-generated lint typecheck format clean setup setup-demo setup-test

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## set up, build, and protect this machine: agent, server and pages; says where they are
	@$(ROOT) bin/runward up -- --rules $(RULES) $(ARGS)

watch: build ## the agent alone: reports what containers on this machine do that they should not
	@$(ROOT) bin/runward run --rules $(RULES) $(ARGS)

demo: setup-demo build ## a scratch container misbehaves harmlessly next to the running sensor; shows the detections
	@scripts/demo.sh

test: setup-test build ## set up, build, then every check and test; ends with the totals
	@$(NODE) scripts/test.ts

unit: build ## the unit tests alone
	@$(NODE) scripts/test.ts unit

e2e: setup-test build ## the tests on real containers alone (root)
	@$(NODE) scripts/test.ts e2e

vm: setup-test build ## the tests on other kernels, in virtual machines, alone (root)
	@$(NODE) scripts/test.ts vm

bench: setup-test build ## measure; one JSON line per figure (root; see test/bench/README.md)
	@$(ROOT) $(NODE) test/bench/bench.ts $(ARGS)

build: bpf front web ## compile the kernel programs, the front of runward-oci and the packages, where something changed
	@$(NODE) node_modules/typescript/bin/tsc -b

web: setup
	@scripts/build-web.sh

front: setup
	@scripts/build-front.sh

bpf: setup
	@scripts/build-bpf.sh

generate: setup ## write the generated files anew: system call header, event layout, schemas of policies
	@$(NODE) scripts/generate.ts
	@$(MAKE) --no-print-directory build
	@$(NODE) scripts/generate-schemas.ts

check-generated: setup ## fail when a committed generated file is not what the generator writes
	@scripts/check-generated.sh

lint: setup ## formatting and lint rules
	@node_modules/.bin/biome check .

typecheck: build ## types of the tests and scripts, which no package holds
	@$(NODE) node_modules/typescript/bin/tsc -p test

format: setup ## format and mend what can be mended
	@node_modules/.bin/biome check --write .

clean: ## remove what was built (not what was installed)
	rm -rf build packages/*/dist

setup:
	@scripts/setup.sh run
setup-demo:
	@scripts/setup.sh demo
setup-test:
	@scripts/setup.sh test
