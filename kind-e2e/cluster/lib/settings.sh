# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the parts share variables
# Names, addresses and places, shared by the tool and by the first process of a node.

# A service of the machine may run this without a home.
: "${HOME:=$(getent passwd "$(id -u)" | cut -d: -f6)}"
export HOME

# Nothing of a cluster is behind a proxy: only what fetches modules asks one, by these settings.
PROXY=()
for variable in {http,https,all,no}_proxy {HTTP,HTTPS,ALL,NO}_PROXY; do
  [ -z "${!variable:-}" ] || PROXY+=("$variable=${!variable}")
  unset "$variable"
done

say() { printf '%s\n' "cluster: $*" >&2; }
die() { say "$*"; exit 1; }

: "${CLUSTER:=local}" "${CLUSTER_ID:=0}" "${GROUNDMESH_CLUSTER_HOME:=${XDG_CACHE_HOME:-$HOME/.cache}/groundmesh/cluster}"
[[ $CLUSTER_ID =~ ^[0-9]$ ]] || die "CLUSTER_ID: $CLUSTER_ID (expected: 0 to 9)"

# The name is the prefix of everything that the machine sees of a cluster: namespaces, interfaces, cgroups.
NAME=gm$CLUSTER_ID
BIN=$GROUNDMESH_CLUSTER_HOME/bin
IMAGES=$GROUNDMESH_CLUSTER_HOME/images
STATE=$GROUNDMESH_CLUSTER_HOME/clusters/$NAME
PKI=$STATE/pki

# A cluster remembers how it was brought up.
# shellcheck source=/dev/null
[ ! -f "$STATE/settings" ] || . "$STATE/settings"
: "${NODES:=2}" "${PROXY_MODE:=nftables}"
[[ $NODES =~ ^[1-9]$ ]] || die "NODES: $NODES (expected: 1 to 9)"
[[ $PROXY_MODE =~ ^(nftables|iptables)$ ]] || die "PROXY_MODE: $PROXY_MODE (expected: nftables or iptables)"

export PATH="$PATH:/usr/sbin:/sbin"

# Each id has ranges of its own, so that the routes of clusters side by side do not meet.
NODE_NET=10.99.$CLUSTER_ID
POD_NET=10.$((244 - CLUSTER_ID))
SERVICE_NET=10.$((96 - CLUSTER_ID))
POD_CIDR=$POD_NET.0.0/16
SERVICE_CIDR=$SERVICE_NET.0.0/16
# Pods and nodes have addresses of both families, and services may; IPv4 is the first.
NODE_NET6=fd00:99:$CLUSTER_ID
POD_NET6=fd00:$((244 - CLUSTER_ID))
POD_CIDR6=$POD_NET6::/48
SERVICE_CIDR6=fd00:$((96 - CLUSTER_ID))::/112
API_IP=$NODE_NET.1
API_PORT=6443
HOST_IP=$NODE_NET.254
HOST_IP6=$NODE_NET6::254
DNS_IP=$SERVICE_NET.0.10

# Where the Debian packages put what is not on the PATH.
DEBIAN_CNI=/usr/lib/cni

nodes() { seq -f 'n%g' -s ' ' "$NODES"; }
node_ip() { echo "$NODE_NET.$((10 + ${1#n}))"; }
node_pods() { echo "$POD_NET.${1#n}.0/24"; }
node_ip6() { echo "$NODE_NET6::$((10 + ${1#n}))"; }
node_pods6() { echo "$POD_NET6:0:${1#n}::/64"; }

# An overlay takes no other as its upper part, and in a container the disk may be one: then files are copied.
snapshotter() { [ "$(stat -fc %T "$STATE")" = overlayfs ] && echo native || echo overlayfs; }

# The command that brings an image into containerd's store; the CRI unpacks by itself what another snapshotter needs.
import_command() {
  echo ctr --namespace k8s.io images import
  [ "$(snapshotter)" = overlayfs ] || echo --no-unpack
}

require_root() { [ "$(id -u)" = 0 ] || die "namespaces and mounts need root"; }

# Waits until a command succeeds; the bound is in seconds. Usage: await 30 "what for" command...
await() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || { say "still waiting for $what; giving up"; return 1; }
    sleep 0.1
  done
}
