#!/usr/bin/env bash
# Makes this machine fit to build and run Groundmesh: installs the Debian packages that are missing and finds a JDK 25.
# Prints progress to stderr and one line to stdout: the JDK's home. What it cannot install, it names, and exits 1.
# Usage: tools/setup.sh build|cluster|run|test|bench   (cluster: build and a Kubernetes cluster; run: build and the demo;
# test: all of these; bench: test and the programs that measure)
set -euo pipefail

level=${1:-build}

say() { printf '%s\n' "setup: $*" >&2; }

case $level in cluster | run | test)
  [ "$(id -u)" = 0 ] || { say "namespaces, mounts and eBPF programs are for root: run it as root"; exit 1; }
  ;;
esac

# command that must be there -> Debian package that brings it
declare -A package_of=()
need() { package_of[$1]=$2; }

need make make
need mvn maven
need clang clang
need clang-format clang-format
need llvm-strip llvm
case $level in cluster | run | test | bench)
  need ip iproute2
  need tcpdump tcpdump
  need nft nftables
  need curl curl
  ;;
esac
case $level in cluster | test | bench)
  need containerd containerd
  need ctr containerd
  need runc runc
  need /usr/lib/cni/bridge containernetworking-plugins
  need etcd etcd-server
  need iptables iptables
  need conntrack conntrack
  need openssl openssl
  need pgrep procps
  need nsenter util-linux
  need modprobe kmod
  ;;
esac
case $level in run | test | bench)
  need python3 python3
  need nginx nginx-light
  need redis-server redis-server
  need redis-cli redis-tools
  need dig bind9-dnsutils
  need nghttpd nghttp2-server
  need nghttp nghttp2-client
  need dnsmasq dnsmasq-base
  ;;
esac
case $level in bench)
  need wrk wrk
  need iperf3 iperf3
  need taskset util-linux
  need chrt util-linux
  ;;
esac

# Debian keeps servers and network tools in sbin, which an ordinary user's PATH may lack.
export PATH="$PATH:/usr/sbin:/sbin"

missing=()
for command in "${!package_of[@]}"; do
  command -v "$command" >/dev/null 2>&1 || missing+=("${package_of[$command]}")
done
[ -e /usr/include/bpf/bpf_helpers.h ] || missing+=(libbpf-dev)
[ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
[[ $(ldconfig -p 2>/dev/null) == *libbpf.so.1* ]] || missing+=(libbpf1)
case $level in run | test | bench)
  # The smallest Python of a distribution lacks modules that the tests' programs use.
  python3 -c 'import ctypes, socketserver' 2>/dev/null || missing+=(python3)
  ;;
esac

as_root=()

# Sets as_root.
require_apt() {
  if ! command -v apt-get >/dev/null 2>&1; then
    say "this is no Debian-like system; install what these Debian packages hold: $*"
    return 1
  fi
  [ "$(id -u)" != 0 ] || return 0
  command -v sudo >/dev/null 2>&1 || { say "not root and no sudo; run as root: apt-get install $*"; return 1; }
  # sudo takes the proxies away.
  local variable
  as_root=(sudo env)
  for variable in http_proxy https_proxy no_proxy; do
    [ -z "${!variable:-}" ] || as_root+=("$variable=${!variable}")
  done
}

# A machine that updates itself holds the lock for minutes; nobody is there to be asked about a changed configuration.
APT=(-q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o Dpkg::Options::=--force-confold)

update_lists() {
  [ -z "${lists_updated:-}" ] || return 0
  lists_updated=yes
  "${as_root[@]}" apt-get "${APT[@]}" update >&2 || say "apt-get update failed; trying with the lists at hand"
}

install_packages() {
  require_apt "$@" || return 1
  say "installing $*"
  update_lists
  (
    # A server package must not start its server, which would hold the ports of our own: this file says so to Debian's scripts.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
      trap '"${as_root[@]}" rm -f "$policy"' EXIT
      printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin "$policy"
    fi
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
      apt-get "${APT[@]}" install -y --no-install-recommends "$@" </dev/null >&2
  )
}

if [ ${#missing[@]} -gt 0 ]; then
  install_packages "${missing[@]}" || { say "could not install: ${missing[*]}"; exit 1; }
fi

# shellcheck source=tools/go.sh
. "$(dirname "${BASH_SOURCE[0]}")/go.sh"
case $level in cluster | test | bench)
  use_go || install_packages golang-go || true
  if ! use_go; then
    say "no Go 1.21 or later found, and this system's packages have none: install one under /usr/local/go or on the PATH."
    exit 1
  fi
  ;;
esac

is_jdk25() {
  # What is set in JAVA_TOOL_OPTIONS is told before the version.
  [ -x "$1/bin/javac" ] && [ "$("$1/bin/javac" -version 2>&1 | sed -nE 's/^javac ([0-9]+).*/\1/p')" -ge 25 ] 2>/dev/null
}

find_jdk() {
  local home
  for home in "${JAVA_HOME:-}" "$(dirname "$(dirname "$(readlink -f "$(command -v javac || echo /)")")")" \
    /usr/lib/jvm/*25* /usr/lib/jvm/* /opt/*jdk*25* "${HOME:-}"/.sdkman/candidates/java/25* "${HOME:-}"/.jdks/*25*; do
    if [ -n "$home" ] && is_jdk25 "$home"; then
      readlink -f "$home"
      return 0
    fi
  done
  return 1
}

if ! jdk=$(find_jdk); then
  if require_apt openjdk-25-jdk-headless; then
    update_lists
    if apt-cache show openjdk-25-jdk-headless >/dev/null 2>&1; then
      install_packages openjdk-25-jdk-headless && jdk=$(find_jdk) || jdk=
    fi
  fi
  if [ -z "${jdk:-}" ]; then
    say "no JDK 25 found, and this system's packages have none."
    say "install one (any vendor's JDK 25 or later, javac included) under /usr/lib/jvm or set JAVA_HOME to it."
    exit 1
  fi
fi
say "JDK: $("$jdk/bin/java" -version 2>&1 | grep -m 1 version)"
printf '%s\n' "$jdk"
