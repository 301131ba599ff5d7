// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The programs of the node, attached at the root of the cgroup2 hierarchy, so that they see every
 * task: also those in version 1 cgroups and in cgroup namespaces. Several agents of several nodes
 * may attach theirs side by side; each acts on the pods in its own maps alone.
 *
 * They run in process context with the socket locked, in the task that called connect(), sendmsg(),
 * recvmsg() or getpeername(). A return of 1 lets the call go on; 0 ends it with EPERM (connect and
 * sendmsg; the others must return 1).
 */
#include "redirection.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The cgroup that all pods of the node are below, 0 where there is none. Set before loading. */
const volatile __u64 pods_cgroup = 0;

/* Levels of cgroups below the root, of a node that is itself a pod's container included. */
#define CGROUP_LEVELS 16

#define TCP_TIME_WAIT 6
#define TCP_LISTEN 10

/* The few fields of the kernel that the programs read; their offsets are those of the running
 * kernel. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct net {
	__u64 net_cookie;
};
struct nsproxy {
	struct net *net_ns;
};
struct task_struct {
	struct nsproxy *nsproxy;
};
#pragma clang attribute pop

/* The DNS server that a socket's user believes to talk to. */
struct dns_server {
	struct address address;
	/* Network byte order, both. */
	__u32 port;
	__u32 agent_port;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct dns_server);
} dns_servers SEC(".maps");

/* The addresses by which the node reaches its enrolled pods, and the pod's namespace. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct address);
	__type(value, __u64);
} node_pods SEC(".maps");

enum { REFUSE = 0, GO_ON = 1 };

/*
 * Whether the current task is in the agent's namespace. A pod cannot get there; to compare the
 * task's namespace with the socket's instead would let a pod pass that opens a socket and then
 * unshares its namespace. A mark could be forged.
 */
static __always_inline bool by_agent(const struct node_config *config)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return task->nsproxy->net_ns->net_cookie == config->agent_netns;
}

static __always_inline void set_destination(struct bpf_sock_addr *ctx, bool v4_hook,
					    const struct address *address, __u32 port)
{
	if (v4_hook) {
		ctx->user_ip4 = address->word[3];
	} else {
		ctx->user_ip6[0] = address->word[0];
		ctx->user_ip6[1] = address->word[1];
		ctx->user_ip6[2] = address->word[2];
		ctx->user_ip6[3] = address->word[3];
	}
	ctx->user_port = port;
}

static __always_inline void agent_address(struct address *address, bool v4)
{
	if (v4) {
		v4_address(address, bpf_htonl(INADDR_LOOPBACK));
		return;
	}
	address->word[0] = 0;
	address->word[1] = 0;
	address->word[2] = 0;
	address->word[3] = bpf_htonl(1);
}

/* Sends a datagram, or connects its socket, to the agent's DNS proxy, and remembers whom it was
 * for. */
static __always_inline int capture_dns(struct bpf_sock_addr *ctx, const struct node_config *config,
				       const struct pod *pod, __u64 netns, bool v4_hook,
				       const struct address *server)
{
	bool v4 = is_v4(server);
	struct dns_server *memory;
	struct address agent;
	__u16 port = v4 ? pod->port4[DNS_UDP - 1] : pod->port6[DNS_UDP - 1];

	if (!port || !ctx->sk)
		return GO_ON;
	if (!listens(netns, DNS_TCP, v4 ? AF_INET : AF_INET6) || heartbeat_is_late(config)) {
		if (config->fail_open) {
			count(FAILED_OPEN);
			return GO_ON;
		}
		refuse(netns, server, DNS_PORT, DNS_AGENT_GONE);
		return REFUSE;
	}
	memory = bpf_sk_storage_get(&dns_servers, ctx->sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!memory)
		return GO_ON;
	memory->address = *server;
	memory->port = bpf_htons(DNS_PORT);
	memory->agent_port = bpf_htons(port);
	agent_address(&agent, v4);
	set_destination(ctx, v4_hook, &agent, bpf_htons(port));
	count(DNS_CAPTURED);
	return GO_ON;
}

/* Whether a pod dials one of the agent's own listeners, whose connections all have another
 * destination. */
static __always_inline bool is_agent_port(const struct pod *pod, bool v4, __u16 port)
{
	const __u16 *ports = v4 ? pod->port4 : pod->port6;

	return ports[OUTBOUND - 1] == port || ports[INBOUND_PLAINTEXT - 1] == port ||
	       ports[INBOUND_HBONE - 1] == port || ports[DNS_TCP - 1] == port;
}

/*
 * The agent connects to an application from the client's address. Where the client itself has a
 * connection from that very port, which the agent or the application serves, the handshake would
 * end there: better another port.
 */
static __always_inline int agent_connects(struct bpf_sock_addr *ctx, bool v4_hook,
					  const struct address *to, __u32 to_port)
{
	struct bpf_sock *socket = ctx->sk;
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *existing;
	__u32 state;

	if (!socket || socket->mark != CAPTURE_MARK || !socket->src_port)
		return GO_ON;
	if (v4_hook) {
		tuple.ipv4.saddr = socket->src_ip4;
		tuple.ipv4.sport = bpf_htons(socket->src_port);
		tuple.ipv4.daddr = to->word[3];
		tuple.ipv4.dport = to_port;
		existing =
		    bpf_skc_lookup_tcp(ctx, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
	} else {
		tuple.ipv6.saddr[0] = socket->src_ip6[0];
		tuple.ipv6.saddr[1] = socket->src_ip6[1];
		tuple.ipv6.saddr[2] = socket->src_ip6[2];
		tuple.ipv6.saddr[3] = socket->src_ip6[3];
		tuple.ipv6.sport = bpf_htons(socket->src_port);
		tuple.ipv6.daddr[0] = to->word[0];
		tuple.ipv6.daddr[1] = to->word[1];
		tuple.ipv6.daddr[2] = to->word[2];
		tuple.ipv6.daddr[3] = to->word[3];
		tuple.ipv6.dport = to_port;
		existing =
		    bpf_skc_lookup_tcp(ctx, &tuple, sizeof(tuple.ipv6), BPF_F_CURRENT_NETNS, 0);
	}
	if (!existing)
		return GO_ON;
	state = existing->state;
	bpf_sk_release(existing);
	if (state == TCP_LISTEN || state == TCP_TIME_WAIT)
		return GO_ON;
	count(SOURCE_PORTS_TAKEN);
	return REFUSE;
}

/* Whether the current task is one of a pod, be it one in the node's namespace. */
static __always_inline bool by_pod(void)
{
	if (!pods_cgroup)
		return false;
	for (int level = 0; level < CGROUP_LEVELS; level++) {
		__u64 ancestor = bpf_get_current_ancestor_cgroup_id(level);

		if (!ancestor)
			return false;
		if (ancestor == pods_cgroup)
			return true;
	}
	return false;
}

/*
 * The node connects to one of its pods, as the kubelet does to see whether it is healthy: such a
 * connection comes from an address that the pod's program knows and leaves alone. Pods in the
 * node's namespace are not the node: theirs are connections like any other's.
 */
static __always_inline int node_connects(struct bpf_sock_addr *ctx, bool v4_hook,
					 const struct address *to)
{
	struct address from;
	long failed;

	if (!bpf_map_lookup_elem(&node_pods, to) || by_pod())
		return GO_ON;
	probe_address(&from, is_v4(to));
	if (v4_hook) {
		struct sockaddr_in source = {.sin_family = AF_INET};

		source.sin_addr.s_addr = from.word[3];
		failed = bpf_bind(ctx, (struct sockaddr *)&source, sizeof(source));
	} else {
		struct sockaddr_in6_words {
			__u16 family;
			__u16 port;
			__u32 flowinfo;
			struct address address;
			__u32 scope;
		} source = {.family = AF_INET6, .address = from};

		failed = bpf_bind(ctx, (struct sockaddr *)&source, sizeof(source));
	}
	if (!failed)
		count(PROBES_LEFT_ALONE);
	return GO_ON;
}

static __always_inline int pod_connects_tcp(struct bpf_sock_addr *ctx,
					    const struct node_config *config, const struct pod *pod,
					    __u64 netns, const struct address *to, __u16 port)
{
	bool v4 = is_v4(to);
	struct bpf_sock *socket = ctx->sk;
	__u32 mark = CAPTURE_MARK;
	bool late;

	if (is_loopback(to) || is_unspecified(to)) {
		if (!is_agent_port(pod, v4, port))
			return GO_ON;
		refuse(netns, to, port, AGENT_PORT);
		return REFUSE;
	}
	if (is_own_address(netns, to))
		return GO_ON;

	late = heartbeat_is_late(config);
	if (late || !listens(netns, OUTBOUND, v4 ? AF_INET : AF_INET6)) {
		if (goes_past(config, netns, OUTBOUND, late)) {
			count(FAILED_OPEN);
			return GO_ON;
		}
		refuse(netns, to, port, late ? OUTBOUND_AGENT_HUNG : OUTBOUND_AGENT_GONE);
		return REFUSE;
	}
	/* A binding to a device would keep the connection from the route to the agent. */
	if (socket && socket->bound_dev_if && socket->bound_dev_if != LOOPBACK_IFINDEX) {
		char none[4] = {};

		if (bpf_setsockopt(ctx, SOL_SOCKET, SO_BINDTODEVICE, none, sizeof(none))) {
			refuse(netns, to, port, BOUND_TO_DEVICE);
			return REFUSE;
		}
		count(DEVICE_BINDINGS_LIFTED);
	}
	if (bpf_setsockopt(ctx, SOL_SOCKET, SO_MARK, &mark, sizeof(mark))) {
		refuse(netns, to, port, NOT_MARKED);
		return REFUSE;
	}
	count(OUTBOUND_CAPTURED);
	return GO_ON;
}

static __always_inline int connects(struct bpf_sock_addr *ctx, bool v4_hook,
				    const struct address *to)
{
	__u64 netns = bpf_get_netns_cookie(ctx);
	const struct node_config *settings = config();
	struct pod *pod = bpf_map_lookup_elem(&pods, &netns);
	bool tcp = ctx->protocol == PROTO_TCP || ctx->protocol == PROTO_MPTCP;
	__u16 port = bpf_ntohs(ctx->user_port);

	if (!settings)
		return GO_ON;
	if (!pod)
		return tcp && netns == settings->agent_netns ? node_connects(ctx, v4_hook, to)
							     : GO_ON;
	if (!(pod->flags & (is_v4(to) ? HAS_IPV4 : HAS_IPV6)) && !is_loopback(to))
		return GO_ON;
	if (by_agent(settings))
		return tcp ? agent_connects(ctx, v4_hook, to, ctx->user_port) : GO_ON;
	if (pod->flags & LEAVING)
		return GO_ON;
	if (tcp)
		return pod_connects_tcp(ctx, settings, pod, netns, to, port);
	if (ctx->protocol != PROTO_UDP || port != DNS_PORT || !(pod->flags & CAPTURE_DNS) ||
	    is_loopback(to) || is_unspecified(to))
		return GO_ON;
	if (ctx->sk && ctx->sk->bound_dev_if) {
		char none[4] = {};

		if (bpf_setsockopt(ctx, SOL_SOCKET, SO_BINDTODEVICE, none, sizeof(none)))
			return GO_ON;
	}
	return capture_dns(ctx, settings, pod, netns, v4_hook, to);
}

/* A datagram to a DNS server from a socket that is not connected. */
static __always_inline int sends(struct bpf_sock_addr *ctx, bool v4_hook, const struct address *to)
{
	__u64 netns;
	const struct node_config *settings;
	struct pod *pod;

	if (ctx->user_port != bpf_htons(DNS_PORT) || ctx->protocol != PROTO_UDP)
		return GO_ON;
	netns = bpf_get_netns_cookie(ctx);
	settings = config();
	pod = bpf_map_lookup_elem(&pods, &netns);
	if (!settings || !pod || (pod->flags & (CAPTURE_DNS | LEAVING)) != CAPTURE_DNS ||
	    is_loopback(to) || is_unspecified(to) || by_agent(settings))
		return GO_ON;
	/* The route is looked up by the device that the socket is bound to, and loopback is not
	 * behind it. */
	if (ctx->sk && ctx->sk->bound_dev_if)
		return GO_ON;
	return capture_dns(ctx, settings, pod, netns, v4_hook, to);
}

/* Gives the answer of the agent's DNS proxy, or its address as a peer, the name of the server that
 * was asked. */
static __always_inline int restores_server(struct bpf_sock_addr *ctx, bool v4_hook,
					   const struct address *from)
{
	struct dns_server *server;
	struct address agent;

	if (!is_loopback(from) || !ctx->sk)
		return GO_ON;
	server = bpf_sk_storage_get(&dns_servers, ctx->sk, 0, 0);
	if (!server || ctx->user_port != server->agent_port)
		return GO_ON;
	agent_address(&agent, is_v4(&server->address));
	if (equal(&agent, from))
		set_destination(ctx, v4_hook, &server->address, server->port);
	return GO_ON;
}

#define V4_DESTINATION(name, ctx)                                                                  \
	struct address name;                                                                       \
	v4_address(&name, (ctx)->user_ip4)

#define V6_DESTINATION(name, ctx)                                                                  \
	struct address name = {                                                                    \
	    {(ctx)->user_ip6[0], (ctx)->user_ip6[1], (ctx)->user_ip6[2], (ctx)->user_ip6[3]}}

/* connect() of an IPv4 socket: marks what an enrolled pod opens, sends its DNS to the agent, names
 * the node's probes. */
SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr *ctx)
{
	V4_DESTINATION(to, ctx);
	return connects(ctx, true, &to);
}

/* connect() of an IPv6 socket, also to an IPv4 address (::ffff:a.b.c.d): as connect4. */
SEC("cgroup/connect6")
int connect6(struct bpf_sock_addr *ctx)
{
	V6_DESTINATION(to, ctx);
	return connects(ctx, false, &to);
}

/* sendto() with an IPv4 destination, of IPv4 and IPv6 sockets. */
SEC("cgroup/sendmsg4")
int sendmsg4(struct bpf_sock_addr *ctx)
{
	V4_DESTINATION(to, ctx);
	return sends(ctx, true, &to);
}

/* sendto() with an IPv6 destination. */
SEC("cgroup/sendmsg6")
int sendmsg6(struct bpf_sock_addr *ctx)
{
	V6_DESTINATION(to, ctx);
	return sends(ctx, false, &to);
}

/* recvfrom() of an IPv4 socket, after the datagram was received. Must return 1. */
SEC("cgroup/recvmsg4")
int recvmsg4(struct bpf_sock_addr *ctx)
{
	V4_DESTINATION(from, ctx);
	return restores_server(ctx, true, &from);
}

/* recvfrom() of an IPv6 socket, also from an IPv4 address. Must return 1. */
SEC("cgroup/recvmsg6")
int recvmsg6(struct bpf_sock_addr *ctx)
{
	V6_DESTINATION(from, ctx);
	return restores_server(ctx, false, &from);
}

/* getpeername() of an IPv4 socket. Must return 1. */
SEC("cgroup/getpeername4")
int getpeername4(struct bpf_sock_addr *ctx)
{
	V4_DESTINATION(peer, ctx);
	return restores_server(ctx, true, &peer);
}

/* getpeername() of an IPv6 socket. Must return 1. */
SEC("cgroup/getpeername6")
int getpeername6(struct bpf_sock_addr *ctx)
{
	V6_DESTINATION(peer, ctx);
	return restores_server(ctx, false, &peer);
}
