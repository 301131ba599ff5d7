# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the parts share variables
# The cluster whose nodes are namespaces of this machine.

# shellcheck source=lib/build.sh
. "$here/lib/build.sh"
# shellcheck source=lib/pki.sh
. "$here/lib/pki.sh"
# shellcheck source=lib/network.sh
. "$here/lib/network.sh"
# shellcheck source=lib/control-plane.sh
. "$here/lib/control-plane.sh"
# shellcheck source=lib/node.sh
. "$here/lib/node.sh"

is_up() { [ -f "$STATE/run/up" ] && api_ready; }

up() {
  require_root
  if is_up; then
    say "$NAME is up; KUBECONFIG=$STATE/kubeconfig"
    return
  fi
  # What is left of a cluster that died, perhaps with the machine, would be in the way of the new one.
  down
  build
  mkdir -p "$STATE"/{run,log,pki,nodes}
  printf ': "${NODES:=%s}" "${PROXY_MODE:=%s}"\n' "$NODES" "$PROXY_MODE" >"$STATE/settings"
  trap up_failed EXIT
  save_kernel_settings
  hand_down_controllers
  make_pki
  network_up
  control_plane_start
  for node in $(nodes); do node_start "$node"; done
  kubeconfig_of admin >"$STATE/kubeconfig"
  kubectl apply -f <(coredns_manifest) >/dev/null
  for node in $(nodes); do node_wait_ready "$node"; done
  kubectl -n kube-system rollout status deployment/coredns --timeout=120s >/dev/null
  touch "$STATE/run/up"
  trap - EXIT
  say "$NAME is up in ${SECONDS} s: $(nodes | wc -w) nodes, kube-proxy by $PROXY_MODE"
  say "export KUBECONFIG=$STATE/kubeconfig"
}

# Whoever takes the rest down takes the logs with it.
up_failed() {
  say "could not bring up $NAME; the ends of its logs, which are in $STATE/log:"
  find "$STATE/log" -type f -size +0 -exec tail -v -n 5 {} + >&2
}

# The API server with its store, for measures that controllers and nodes would disturb.
api_up() {
  require_root
  down
  build
  mkdir -p "$STATE"/{run,log,pki}
  trap up_failed EXIT
  save_kernel_settings
  make_pki
  network_up
  etcd_start
  api_start
  kubeconfig_of admin >"$STATE/kubeconfig"
  trap - EXIT
  say "the API server of $NAME is up, alone"
}

down() {
  require_root
  for node in $(nodes_started); do node_stop "$node"; done
  control_plane_stop
  network_down
  rm -rf --one-file-system "$STATE"
  restore_kernel_settings
}
