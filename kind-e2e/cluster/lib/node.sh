# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the parts share variables
# A node: network, mount, process, UTS, IPC and cgroup namespaces of its own on the machine's root filesystem. Entered by
# nsenter and unshare and not by `ip netns exec`, which would hide the cgroup mounts.

# The cgroup hierarchies of this machine: those of version 1 with the unified one beside them, or the unified one alone.
cgroup_roots() {
  if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
    echo /sys/fs/cgroup
  else
    find /sys/fs/cgroup -mindepth 1 -maxdepth 1 -type d
  fi
}

# Where version 2 is alone, a cgroup has the controllers that its parent hands down: those of the machine's first one are
# for a service manager to hand down, and in a container there may be none. Only a cgroup without processes can, but for
# the very first of a machine, so those of a container move into one of their own.
hand_down_controllers() {
  local root=/sys/fs/cgroup wanted=(cpu cpuset memory pids) controller process
  [ "$(stat -fc %T "$root")" = cgroup2fs ] || return 0
  ! has_words "$root/cgroup.subtree_control" "${wanted[@]}" || return 0
  if [ -e "$root/cgroup.type" ] && [ -n "$(<"$root/cgroup.procs")" ]; then
    mkdir -p "$root/init"
    # One that ends meanwhile cannot be moved.
    for process in $(<"$root/cgroup.procs"); do { echo "$process" >"$root/init/cgroup.procs"; } 2>/dev/null || true; done
  fi
  for controller in "${wanted[@]}"; do { echo "+$controller" >"$root/cgroup.subtree_control"; } 2>/dev/null || true; done
  has_words "$root/cgroup.subtree_control" "${wanted[@]}" ||
    die "$root/cgroup.subtree_control: $(<"$root/cgroup.subtree_control") (expected: ${wanted[*]}, which nodes need for their pods)"
}

# has_words FILE WORD...
has_words() {
  local words word
  words=" $(<"$1") "
  shift
  for word; do [[ $words == *" $word "* ]] || return 1; done
}

node_dir() { echo "$STATE/nodes/$1"; }

# Nodes that have state, whatever NODES says now.
nodes_started() { [ ! -d "$STATE/nodes" ] || ls "$STATE/nodes"; }

# node_start NODE: boots it, with the disk that it has.
node_start() {
  local node=$1 dir
  [[ " $(nodes) " == *" $node "* ]] || die "node: $node (expected: one of $(nodes))"
  dir=$(node_dir "$node")
  mkdir -p "$dir"
  node_network_up "$node"
  (
    local root cgroup
    while read -r root; do
      cgroup=$root/$NAME-$node
      mkdir -p "$cgroup"
      # Of version 1, a cpuset without processors and memory lets no process in.
      if [ "$root" != /sys/fs/cgroup ] && [ -f "$root/cpuset.cpus" ]; then
        cat "$root/cpuset.cpus" >"$cgroup/cpuset.cpus"
        cat "$root/cpuset.mems" >"$cgroup/cpuset.mems"
      fi
      echo "$BASHPID" >"$cgroup/cgroup.procs"
    done < <(cgroup_roots)
    export NODES PROXY_MODE CLUSTER_ID GROUNDMESH_CLUSTER_HOME
    exec setsid nsenter --net="/run/netns/$NAME-$node" unshare --mount --propagation private --uts --ipc --cgroup --pid --fork --kill-child \
      --mount-proc "$here/node-init" "$node" >>"$STATE/log/$node-init.log" 2>&1 </dev/null
  ) &
  echo $! >"$STATE/run/$node.pid"
}

node_wait_ready() {
  local node=$1
  await 120 "node $node; see $STATE/log/$node-kubelet.log" node_registered "$node"
  kubectl patch node "$node" --type=merge \
    -p "{\"spec\":{\"podCIDR\":\"$(node_pods "$node")\",\"podCIDRs\":[\"$(node_pods "$node")\",\"$(node_pods6 "$node")\"]}}" >/dev/null
  kubectl wait node "$node" --for=condition=Ready --timeout=120s >/dev/null
  say "node $node is ready after $SECONDS s"
}

node_registered() { kubectl get node "$1"; }

# node_crash NODE: the wire is cut first, so that the dying kernel objects send no FIN to anybody.
node_crash() {
  local node=$1
  ip -n "$NAME-cp" link delete "$node" 2>/dev/null || true
  node_kill "$node"
  node_network_down "$node"
}

node_stop() {
  node_kill "$1"
  node_network_down "$1"
  rm -rf --one-file-system "$(node_dir "$1")"
}

# With the first process of a node, all of them end.
node_kill() {
  local node=$1 file=$STATE/run/$1.pid pid root
  if [ -f "$file" ]; then
    pid=$(<"$file")
    rm -f "$file"
    [[ $(readlink "/proc/$pid/exe") != */unshare ]] || kill -KILL "$pid"
  fi
  while read -r root; do
    [ -d "$root/$NAME-$node" ] || continue
    await 30 "the end of $node's processes" remove_cgroup "$root/$NAME-$node"
  done < <(cgroup_roots)
}

# Works only once the last process in it has ended.
remove_cgroup() { find "$1" -depth -type d -exec rmdir {} + && [ ! -d "$1" ]; }

# node_exec NODE COMMAND...
node_exec() {
  local node=$1 first
  shift
  first=$(pgrep -P "$(<"$STATE/run/$node.pid")") || die "node: $node (expected: a running one of $(nodes_started | xargs))"
  nsenter --target "$first" --all "$@"
}

load_image() {
  local archive node pids=() failed=0
  for archive in "$@"; do
    [ -f "$archive" ] || die "image archive: $archive (expected: a docker or OCI archive)"
  done
  for archive in "$@"; do
    for node in $(nodes_started); do
      # shellcheck disable=SC2046 # words
      node_exec "$node" $(import_command) "$(readlink -f "$archive")" >&2 &
      pids+=($!)
    done
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
  return "$failed"
}

proxy_mode() {
  local mode=$1 node
  [[ $mode =~ ^(nftables|iptables)$ ]] || die "mode: $mode (expected: nftables or iptables)"
  for node in $(nodes_started); do
    sed -i "s/^mode: .*/mode: $mode/" "$(node_dir "$node")/kube-proxy.yaml"
    # The node's first process starts it again; kube-proxy removes what its other mode left.
    node_exec "$node" pkill --exact kube-proxy || true
    await 10 "the end of kube-proxy on $node" without_kube_proxy "$node"
  done
  # Until then no service is reached.
  for node in $(nodes_started); do
    await 60 "kube-proxy on $node" node_exec "$node" curl -sf -m 1 http://127.0.0.1:10256/healthz
  done
}

without_kube_proxy() { ! node_exec "$1" pgrep --exact kube-proxy; }

# kubelet and we change settings of the machine's kernel, which have no namespace: the first cluster notes what was there,
# and the last one puts it back.
KERNEL_SETTINGS=(kernel.panic kernel.panic_on_oops vm.overcommit_memory vm.panic_on_oom kernel.keys.root_maxkeys kernel.keys.root_maxbytes
  fs.inotify.max_user_instances)

# Each node takes dozens of inotify instances, and a distribution allows one user 128 of them.
INOTIFY_INSTANCES=8192

save_kernel_settings() {
  local file=$GROUNDMESH_CLUSTER_HOME/kernel-settings.before
  [ -f "$file" ] || sysctl "${KERNEL_SETTINGS[@]}" >"$file"
  [ "$(sysctl -n fs.inotify.max_user_instances)" -ge "$INOTIFY_INSTANCES" ] ||
    sysctl -q -w "fs.inotify.max_user_instances=$INOTIFY_INSTANCES"
}

restore_kernel_settings() {
  local file=$GROUNDMESH_CLUSTER_HOME/kernel-settings.before
  [ -f "$file" ] && [ -z "$(ls -A "$GROUNDMESH_CLUSTER_HOME/clusters" 2>/dev/null)" ] || return 0
  sysctl -q -p "$file"
  rm -f "$file"
}

coredns_manifest() { sed -e "s/DNS_IP/$DNS_IP/" "$here/manifests/coredns.yaml"; }
