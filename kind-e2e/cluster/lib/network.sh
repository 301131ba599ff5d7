# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the parts share variables
# A namespace for the control plane, which also holds the bridge between the nodes, and one for each node. The machine
# itself has one leg on the bridge, and routes to pods and services.

network_up() {
  # What a pod says to a service of its own node must pass the packet filter on its way back too, though a bridge carries it.
  modprobe br_netfilter 2>/dev/null || true
  [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] ||
    die "kernel module br_netfilter: not loaded (expected: modprobe br_netfilter on the machine)"
  [ -e /proc/sys/net/ipv6 ] || die "IPv6: the kernel has none (expected: one without ipv6.disable=1, for clusters of both families)"
  ip netns add "$NAME-cp"
  ip -n "$NAME-cp" link set lo up
  # The bridge is a wire: the machine's packet filter has no say on it.
  ip netns exec "$NAME-cp" sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0 2>/dev/null || true
  ip -n "$NAME-cp" link add nodes type bridge
  ip -n "$NAME-cp" address add "$API_IP/24" dev nodes
  ip -n "$NAME-cp" address add "$NODE_NET6::1/64" dev nodes nodad
  ip -n "$NAME-cp" link set nodes up
  ip link add "$NAME-host" type veth peer name host netns "$NAME-cp"
  ip -n "$NAME-cp" link set host master nodes up
  # A container's network may be set to have no IPv6; this device's is nobody else's.
  sysctl -qw "net.ipv6.conf.$NAME-host.disable_ipv6=0"
  ip address add "$HOST_IP/24" dev "$NAME-host"
  ip address add "$HOST_IP6/64" dev "$NAME-host" nodad
  ip link set "$NAME-host" up
  local node
  for node in $(nodes); do
    ip -n "$NAME-cp" route add "$(node_pods "$node")" via "$(node_ip "$node")"
    ip route add "$(node_pods "$node")" via "$(node_ip "$node")"
    ip route add "$(node_pods6 "$node")" via "$(node_ip6 "$node")"
  done
  # The first node's kube-proxy serves services to the machine and to the API server.
  ip -n "$NAME-cp" route add "$SERVICE_CIDR" via "$(node_ip n1)"
  ip route add "$SERVICE_CIDR" via "$(node_ip n1)"
}

network_down() {
  ip netns delete "$NAME-cp" 2>/dev/null || true
  ip link delete "$NAME-host" 2>/dev/null || true
}

node_network_up() {
  local node=$1 netns=$NAME-$1 other
  ip netns add "$netns"
  ip -n "$netns" link set lo up
  ip link add eth0 netns "$netns" type veth peer name "$node" netns "$NAME-cp"
  ip -n "$NAME-cp" link set "$node" master nodes up
  ip -n "$netns" address add "$(node_ip "$node")/24" dev eth0
  ip -n "$netns" address add "$(node_ip6 "$node")/64" dev eth0 nodad
  ip -n "$netns" link set eth0 up
  ip -n "$netns" route add default via "$HOST_IP"
  ip -n "$netns" route add default via "$HOST_IP6"
  for other in $(nodes); do
    [ "$other" != "$node" ] || continue
    ip -n "$netns" route add "$(node_pods "$other")" via "$(node_ip "$other")"
    ip -n "$netns" route add "$(node_pods6 "$other")" via "$(node_ip6 "$other")"
  done
  # route_localnet: NodePorts answer on the node's 127.0.0.1 as well.
  ip netns exec "$netns" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.route_localnet=1 net.ipv6.conf.all.forwarding=1
}

node_network_down() { ip netns delete "$NAME-$1" 2>/dev/null || true; }
