# Groundmesh: `make help` lists what this does.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help build test test-unit test-netns test-cluster test-containers images cluster-up cluster-down cluster-status cluster-demo demo bench-l4 bench-agents bench-controller bench-cluster interop format clean

# Every recipe that needs Java asks setup for it: it installs what is missing and prints the home of a JDK 25.
MVN = export JAVA_HOME=$$(tools/setup.sh $(1)) && [ -n "$$JAVA_HOME" ] && \
      export PATH="$$JAVA_HOME/bin:$$PATH:/usr/sbin:/sbin" \
             MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow -XX:+UseSerialGC" && \
      mvn -B -ntp

# A second pass over the same sources: the first one has formatted, enforced and compiled them.
COMPILED = -Dmaven.compiler.useIncrementalCompilation=false -Dspotless.check.skip=true -Denforcer.skip=true

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## compile and package everything, without tests
	@$(call MVN,build) package -DskipTests

# The tests bring up a cluster of their own beside a developer's, and take it down again.
TEST_CLUSTER = 9

test: ## run every test: unit, netns (real eBPF and network namespaces), cluster (real Kubernetes); root
	@rm -rf */target/test-reports
	@set -o pipefail; status=0; \
	 $(call MVN,test) package --fail-at-end || status=1; \
	 echo "== netns tier: real eBPF, network namespaces and processes"; \
	 $(call MVN,test) package -Pnetns --fail-at-end $(COMPILED) || status=1; \
	 $(MAKE) --no-print-directory test-cluster || status=1; \
	 tools/tier-counts.sh unit netns cluster || status=1; exit $$status

test-unit: ## run the unit tier alone
	@rm -rf */target/test-reports/unit
	@$(call MVN,build) package && tools/tier-counts.sh unit

test-netns: ## run the netns tier alone (root)
	@rm -rf */target/test-reports/netns
	@$(call MVN,test) package -Pnetns && tools/tier-counts.sh netns

images: ## make the images of agent and controller, without pulling anything (root)
	@echo "== building the images; from nothing this takes some minutes"
	@$(call MVN,run) package -q -DskipTests -pl daemonset -am && daemonset/target/images.sh

test-cluster: ## run the cluster tier alone: the end-to-end tests, in a cluster brought up for them (root)
	@rm -rf */target/test-reports/cluster
	@echo "== cluster tier: real Kubernetes"; status=0; \
	 export CLUSTER_ID=$${CLUSTER_ID:-$(TEST_CLUSTER)}; \
	 $(MAKE) --no-print-directory images && kind-e2e/cluster/cluster up && \
	 export KUBECONFIG=$$(kind-e2e/cluster/cluster kubeconfig) && \
	 $(call MVN,test) package -Pcluster --fail-at-end $(COMPILED) || status=1; \
	 kind-e2e/cluster/cluster down; \
	 tools/test-table.sh cluster; \
	 tools/tier-counts.sh cluster || status=1; exit $$status

test-containers: images ## run the images as containers of a Docker engine, which must answer
	@rm -rf */target/test-reports/containers
	@status=0; $(call MVN,test) package -Pcontainers -pl kind-e2e -am || status=1; \
	 tools/test-table.sh containers; \
	 tools/tier-counts.sh containers || status=1; exit $$status

cluster-up: ## bring up a Kubernetes cluster of two nodes on this machine; NODES, PROXY_MODE, CLUSTER=kind (root)
	@tools/setup.sh cluster >/dev/null && kind-e2e/cluster/cluster up

cluster-down: ## take it down
	@kind-e2e/cluster/cluster down

cluster-status: ## show its nodes and pods, and where its kubeconfig is
	@kind-e2e/cluster/cluster status

cluster-demo: images cluster-up ## bring up a cluster with the mesh and a shop in it, and show it working (root)
	@echo "== building the command line and the demo"
	@$(call MVN,run) package -q -DskipTests -pl groundctl,kind-e2e -am && kind-e2e/target/cluster-demo

demo: ## run the mesh on this machine and show it working (root)
	@$(call MVN,run) package -q -DskipTests -pl groundctl,controller,node-agent -am && groundctl/target/groundctl demo

bench-l4: ## measure the L4 data path; ZTUNNEL=<binary> adds a peer (root)
	@$(call MVN,bench) package -q -DskipTests -pl benchmarks -am && benchmarks/target/bench-l4

bench-agents: ## measure the controller with simulated agents: AGENTS=1000 WORKLOADS=100000 CHANGES=30 FIRST_SYNC= (or everything)
	@$(call MVN,bench) package -q -DskipTests -pl benchmarks -am && benchmarks/target/bench-agents \
	  "$(or $(AGENTS),1000)" "$(or $(WORKLOADS),100000)" "$(or $(CHANGES),30)" benchmarks/target/agents.json $(FIRST_SYNC)

# The API server of the controller's benchmark is nobody else's: there are no nodes behind its pods.
BENCH_CLUSTER = 8

bench-controller: ## measure the controller on a real API server, brought up for it alone: PODS=10000 REPLACED=1000 (root)
	@tools/setup.sh cluster >/dev/null
	@$(call MVN,bench) package -q -DskipTests -pl benchmarks -am
	@export CLUSTER=local CLUSTER_ID=$(BENCH_CLUSTER); cluster=kind-e2e/cluster/cluster; \
	 $$cluster api-up && benchmarks/target/bench-controller "$$($$cluster kubeconfig)" \
	  "$(or $(PODS),10000)" "$(or $(REPLACED),1000)" benchmarks/target/controller.json; status=$$?; \
	 $$cluster down; exit $$status

bench-cluster: images cluster-up ## measure the mesh in a real cluster: to ready, label to enrolled, CNI; BENCH_REPETITIONS, BENCH_PODS, BENCH_BURST (root)
	@$(call MVN,bench) package -q -DskipTests -pl benchmarks,groundctl -am && benchmarks/target/bench-cluster benchmarks/target/cluster.json

interop: ## check our agent against a ztunnel; ZTUNNEL=<binary> (root)
	@$(call MVN,bench) package -q -DskipTests -pl benchmarks -am && benchmarks/target/interop

format: ## format the Java and C sources
	@$(call MVN,build) -q spotless:apply

clean: ## remove what was built
	@rm -rf */target
