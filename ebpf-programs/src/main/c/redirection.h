/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the programs of the node and of the pods share: the maps, and the records in them.
 * dev.groundmesh.ebpf holds the same layouts for the agent; whoever changes one changes the other,
 * and LAYOUT with them.
 *
 * An IPv4 address is written as IPv6 writes it (::ffff:a.b.c.d), so that there is one kind of
 * address. Numbers are in the machine's byte order unless their name or comment says otherwise.
 */
#ifndef GROUNDMESH_REDIRECTION_H
#define GROUNDMESH_REDIRECTION_H

#include <stdbool.h>
#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

/* Raised with every change of the maps' layouts: an agent takes over only maps of its own layout.
 */
#define LAYOUT 1

/* On every captured connection, and on the agent's own to the application: leads to table 100 in
 * the pod's namespace. */
#define CAPTURE_MARK 0x111

/* From the kernel's headers, which cannot be included beside linux/bpf.h. */
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOL_SOCKET 1
#define SO_BINDTODEVICE 25
#define SO_MARK 36
#define LOOPBACK_IFINDEX 1
#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_MPTCP 262
#define DNS_PORT 53
#define HBONE_PORT 15008

struct address {
	__be32 word[4];
};

struct node_config {
	__u32 layout;
	/* What a pod's connections get while no agent is alive: 0 refusal, 1 their destination. */
	__u32 fail_open;
	/* The namespace of the agent, whose tasks are never captured. */
	__u64 agent_netns;
	__u64 heartbeat_timeout_ns;
	/* Raised by each agent that takes over; whoever finds another's number here leaves all as
	 * it is. */
	__u64 generation;
};

enum listener_kind {
	OUTBOUND = 1,
	INBOUND_PLAINTEXT = 2,
	INBOUND_HBONE = 3,
	DNS_TCP = 4,
	DNS_UDP = 5,
	LISTENER_KINDS = 5,
};

enum pod_flags {
	CAPTURE_DNS = 1,
	BYPASS_INBOUND_CAPTURE = 2,
	/* It left the mesh: nothing more is captured, and the tunnels of those who have not heard
	 * of it yet are still served. */
	LEAVING = 4,
	/* The families that the pod has addresses of; connections over another fail by themselves.
	 */
	HAS_IPV4 = 8,
	HAS_IPV6 = 16,
	/* The agent's notes to itself of what to undo. */
	CHANGED_SETTINGS = 0x700,
};

struct pod {
	__u32 flags;
	/* Where the agent listens on the pod's loopback, by listener_kind - 1. */
	__u16 port4[LISTENER_KINDS];
	__u16 port6[LISTENER_KINDS];
};

struct pod_address {
	__u64 netns;
	struct address address;
};

struct pod_device {
	__u64 netns;
	__u32 ifindex;
	__u32 unused;
};

struct listener {
	__u64 netns;
	__u32 kind;
	__u32 family;
};

enum refusal {
	OUTBOUND_AGENT_GONE = 1,
	OUTBOUND_AGENT_HUNG = 2,
	INBOUND_AGENT_GONE = 3,
	INBOUND_AGENT_HUNG = 4,
	BOUND_TO_DEVICE = 5,
	NOT_MARKED = 6,
	AGENT_PORT = 7,
	DNS_AGENT_GONE = 8,
};

struct refusal_event {
	__u64 at_ns;
	__u64 netns;
	struct address remote;
	__u16 remote_port;
	__u16 refusal;
	__u32 unused;
};

enum counter {
	OUTBOUND_CAPTURED,
	INBOUND_PLAINTEXT_CAPTURED,
	INBOUND_HBONE_CAPTURED,
	DNS_CAPTURED,
	PROBES_LEFT_ALONE,
	DEVICE_BINDINGS_LIFTED,
	FAILED_OPEN,
	REFUSED,
	SOURCE_PORTS_TAKEN,
	EVENTS_LOST,
	COUNTERS,
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct node_config);
} node_config SEC(".maps");

/* CLOCK_MONOTONIC of the agent's last heartbeat, in nanoseconds. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} heartbeat SEC(".maps");

/* The enrolled pods by the cookie of their network namespace. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct pod);
} pods SEC(".maps");

/* Every address of every enrolled pod. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct pod_address);
	__type(value, __u8);
} pod_addresses SEC(".maps");

/* Devices in pods whose arriving connections are outbound ones, of a virtual machine behind them.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct pod_device);
	__type(value, __u8);
} virtual_interfaces SEC(".maps");

/* The agent's listening sockets; one that is closed drops out by itself. */
struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 32768);
	__type(key, struct listener);
	__type(value, __u64);
} listeners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

/* Whether the agent has a listener of this kind and family for a pod. */
static __always_inline bool listens(__u64 netns, enum listener_kind kind, __u32 family)
{
	struct listener key = {.netns = netns, .kind = kind, .family = family};
	struct bpf_sock *socket = bpf_map_lookup_elem(&listeners, &key);

	if (!socket)
		return false;
	bpf_sk_release(socket);
	return true;
}

/*
 * Whether the fail mode lets a connection go that no listener takes. An agent that lives and
 * listens for the other family alone has no policy for this one, which must not lead past it.
 */
static __always_inline bool goes_past(const struct node_config *config, __u64 netns,
				      enum listener_kind kind, bool late)
{
	return config->fail_open &&
	       (late || (!listens(netns, kind, AF_INET) && !listens(netns, kind, AF_INET6)));
}

static __always_inline void count(enum counter counter)
{
	__u32 index = counter;
	__u64 *value = bpf_map_lookup_elem(&counters, &index);

	if (value)
		*value += 1;
}

/* Counts the refusal and tells the agent, or the next one, of it. port is in the machine's byte
 * order. */
static __always_inline void refuse(__u64 netns, const struct address *remote, __u16 port,
				   enum refusal refusal)
{
	struct refusal_event *event;

	count(REFUSED);
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		count(EVENTS_LOST);
		return;
	}
	event->at_ns = bpf_ktime_get_ns();
	event->netns = netns;
	event->remote = *remote;
	event->remote_port = port;
	event->refusal = refusal;
	event->unused = 0;
	bpf_ringbuf_submit(event, 0);
}

static __always_inline const struct node_config *config(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&node_config, &zero);
}

static __always_inline bool heartbeat_is_late(const struct node_config *config)
{
	__u32 zero = 0;
	__u64 *last = bpf_map_lookup_elem(&heartbeat, &zero);
	__u64 now = bpf_ktime_get_ns();

	return !last || (now > *last && now - *last > config->heartbeat_timeout_ns);
}

static __always_inline void v4_address(struct address *address, __be32 ip4)
{
	address->word[0] = 0;
	address->word[1] = 0;
	address->word[2] = bpf_htonl(0xffff);
	address->word[3] = ip4;
}

static __always_inline bool is_v4(const struct address *address)
{
	return !address->word[0] && !address->word[1] && address->word[2] == bpf_htonl(0xffff);
}

/* 127.0.0.0/8 or ::1 */
static __always_inline bool is_loopback(const struct address *address)
{
	if (is_v4(address))
		return (bpf_ntohl(address->word[3]) >> 24) == 127;
	return !address->word[0] && !address->word[1] && !address->word[2] &&
	       address->word[3] == bpf_htonl(1);
}

/* 0.0.0.0 or ::, which to connect to means loopback. */
static __always_inline bool is_unspecified(const struct address *address)
{
	return !address->word[0] && !address->word[1] && !address->word[3] &&
	       (!address->word[2] || address->word[2] == bpf_htonl(0xffff));
}

/* The address that the node's own connections to its pods come from: 169.254.7.127 or its IPv6
 * sister. */
static __always_inline void probe_address(struct address *address, bool v4)
{
	if (v4) {
		v4_address(address, bpf_htonl(0xa9fe077f));
		return;
	}
	address->word[0] = bpf_htonl(0xfd169254);
	address->word[1] = bpf_htonl(0x71271337);
	address->word[2] = bpf_htonl(0xffffffff);
	address->word[3] = bpf_htonl(0xffffffff);
}

static __always_inline bool equal(const struct address *a, const struct address *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1] && a->word[2] == b->word[2] &&
	       a->word[3] == b->word[3];
}

static __always_inline bool is_own_address(__u64 netns, const struct address *address)
{
	struct pod_address key = {.netns = netns, .address = *address};

	return bpf_map_lookup_elem(&pod_addresses, &key) != NULL;
}

#endif
