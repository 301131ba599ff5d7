# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the parts share variables
# The same cluster by kind, for machines with Docker: kind's own node images, with one control plane and NODES workers.

# shellcheck source=lib/build.sh
. "$here/lib/build.sh"

# Apart from what is built for the other kind of cluster: kubectl and helm here are links to the user's.
BIN=$GROUNDMESH_CLUSTER_HOME/kind/bin

is_up() { [ -f "$STATE/kubeconfig" ] && KUBECONFIG=$STATE/kubeconfig command kubectl get --raw /readyz >/dev/null 2>&1; }

up() {
  require_docker
  if is_up; then
    say "$NAME is up; KUBECONFIG=$STATE/kubeconfig"
    return
  fi
  down
  build
  mkdir -p "$STATE"
  printf ': "${NODES:=%s}" "${PROXY_MODE:=%s}"\n' "$NODES" "$PROXY_MODE" >"$STATE/settings"
  kind_config >"$STATE/kind.yaml"
  kind create cluster --name "$NAME" --config "$STATE/kind.yaml" --kubeconfig "$STATE/kubeconfig" --wait 180s
  load_image "$IMAGES/testapp.tar"
  say "export KUBECONFIG=$STATE/kubeconfig"
}

down() {
  require_docker
  [ -z "$(kind_nodes)" ] || kind delete cluster --name "$NAME" --kubeconfig "$STATE/kubeconfig"
  rm -rf "$STATE"
}

# Only what kind does not bring: the tests' own program. kubectl and helm are the user's.
build() {
  local -i step=0 steps=1
  use_go || die "Go 1.21 or later is missing: install it"
  make_homes
  go_build ../../testapp testapp . "-s -w"
  make_image testapp
  local program
  for program in kubectl helm; do
    type -P "$program" >/dev/null || die "$program is missing: install it"
    ln -sf "$(type -P "$program")" "$BIN/$program"
  done
}

require_docker() {
  command -v kind >/dev/null || die "kind is missing: install it, or leave CLUSTER=kind away"
  docker info >/dev/null 2>&1 || die "no Docker engine answers: start one, or leave CLUSTER=kind away"
}

kind_config() {
  sed -e "s#POD_SIX_CIDR#$POD_CIDR6#" -e "s#SERVICE_SIX_CIDR#$SERVICE_CIDR6#" -e "s#POD_CIDR#$POD_CIDR#" -e "s#SERVICE_CIDR#$SERVICE_CIDR#" -e "s#PROXY_MODE#$PROXY_MODE#" "$here/manifests/kind.yaml"
  local node
  for node in $(nodes); do printf -- '- role: worker\n  labels: {groundmesh.dev/node: %s}\n' "$node"; done
}

kind_nodes() { kind get nodes --name "$NAME" 2>/dev/null | grep -v '^No kind nodes'; }

load_image() {
  local archive
  for archive in "$@"; do kind load image-archive "$archive" --name "$NAME"; done
}

node_exec() {
  local node=$1
  shift
  case $1 in
    # kind's image has none; the machine's own sees the node's network.
    tcpdump) nsenter --net --target "$(docker inspect --format '{{.State.Pid}}' "$node")" "$@" ;;
    *) docker exec "$node" "$@" ;;
  esac
}

node_crash() { docker kill "$1" >/dev/null; }
node_start() { docker start "$1" >/dev/null; }
node_wait_ready() { kubectl wait node "$1" --for=condition=Ready --timeout=120s; }

# The control plane's kubelet runs what lies in this folder.
api_stop() { node_exec "$NAME-control-plane" mv /etc/kubernetes/manifests/kube-apiserver.yaml /etc/kubernetes/; }
api_start() {
  node_exec "$NAME-control-plane" mv /etc/kubernetes/kube-apiserver.yaml /etc/kubernetes/manifests/
  await 120 "the API server" is_up
}

proxy_mode() {
  kubectl -n kube-system get configmap kube-proxy -o yaml | sed "s/\( mode: \).*/\1$1/" | kubectl apply -f -
  kubectl -n kube-system rollout restart daemonset/kube-proxy
  kubectl -n kube-system rollout status daemonset/kube-proxy --timeout=120s
}
