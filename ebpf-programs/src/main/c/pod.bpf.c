// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The program of one pod, attached to the pod's network namespace. It runs for every TCP segment
 * and UDP datagram that arrives for no connected socket, in softirq context, and may name the
 * socket that takes it. SK_PASS goes on: with the named socket, or with the usual lookup if there
 * is none. SK_DROP answers a SYN with RST.
 */
#include "redirection.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The namespace that this copy is attached to: a program at this hook cannot ask for it. Set before
 * loading. */
const volatile __u64 pod_netns = 0;

/* Clang would share one computed address between the branches, and the verifier takes only ctx plus
 * a constant. */
#define FIELD(ctx, field)                                                                          \
	({                                                                                         \
		__u64 value;                                                                       \
		asm volatile("%0 = *(u32 *)(%1 + %2)"                                              \
			     : "=r"(value)                                                         \
			     : "r"(ctx), "i"(__builtin_offsetof(struct bpf_sk_lookup, field)));    \
		(__u32) value;                                                                     \
	})

/* A segment as the programs of the node see addresses; ports in the machine's byte order. */
struct segment {
	struct address local;
	struct address remote;
	__u16 local_port;
	__u16 remote_port;
	__u32 family;
	__u32 ifindex;
};

static __always_inline int assign(struct bpf_sk_lookup *ctx, enum listener_kind kind,
				  const struct segment *segment, enum counter counter)
{
	struct listener key = {.netns = pod_netns, .kind = kind, .family = segment->family};
	struct bpf_sock *socket = bpf_map_lookup_elem(&listeners, &key);
	long failed;

	if (!socket)
		return SK_DROP;
	/* During an upgrade two agents' listeners form a reuseport group, which must not choose
	 * between them. */
	failed = bpf_sk_assign(ctx, socket, BPF_SK_LOOKUP_F_NO_REUSEPORT | BPF_SK_LOOKUP_F_REPLACE);
	bpf_sk_release(socket);
	if (failed)
		return SK_DROP;
	count(counter);
	return SK_PASS;
}

/* Never SK_PASS when there is no listener: an application on the wildcard address would get the
 * connection. */
static __always_inline int outbound(struct bpf_sk_lookup *ctx, const struct pod *pod,
				    const struct segment *segment)
{
	bool dns = segment->local_port == DNS_PORT && (pod->flags & CAPTURE_DNS);
	int verdict =
	    assign(ctx, dns ? DNS_TCP : OUTBOUND, segment, dns ? DNS_CAPTURED : OUTBOUND_CAPTURED);

	if (verdict == SK_DROP)
		refuse(pod_netns, &segment->local, segment->local_port, OUTBOUND_AGENT_GONE);
	return verdict;
}

static __always_inline int inbound(struct bpf_sk_lookup *ctx, const struct pod *pod,
				   const struct node_config *config, const struct segment *segment)
{
	bool hbone = segment->local_port == HBONE_PORT;
	enum listener_kind kind = hbone ? INBOUND_HBONE : INBOUND_PLAINTEXT;
	bool late;

	if (!hbone && (pod->flags & (BYPASS_INBOUND_CAPTURE | LEAVING)))
		return SK_PASS;
	late = heartbeat_is_late(config);
	if (!late && assign(ctx, kind, segment,
			    hbone ? INBOUND_HBONE_CAPTURED : INBOUND_PLAINTEXT_CAPTURED) == SK_PASS)
		return SK_PASS;
	if (pod->flags & LEAVING)
		return SK_PASS;
	if (goes_past(config, pod_netns, kind, late)) {
		count(FAILED_OPEN);
		return SK_PASS;
	}
	refuse(pod_netns, &segment->remote, segment->remote_port,
	       late ? INBOUND_AGENT_HUNG : INBOUND_AGENT_GONE);
	return SK_DROP;
}

static __always_inline bool arrives_on_virtual_interface(const struct segment *segment)
{
	struct pod_device key = {.netns = pod_netns, .ifindex = segment->ifindex};

	return bpf_map_lookup_elem(&virtual_interfaces, &key) != NULL;
}

/*
 * A segment to the pod's own address reports the address's device although it came by loopback, so
 * that the device alone does not tell what is inbound: the source address does.
 */
static __always_inline int decide(struct bpf_sk_lookup *ctx, const struct segment *segment)
{
	__u64 netns = pod_netns;
	struct pod *pod = bpf_map_lookup_elem(&pods, &netns);
	const struct node_config *settings = config();
	struct address probe;

	if (!pod || !settings)
		return SK_PASS;
	if (arrives_on_virtual_interface(segment))
		return outbound(ctx, pod, segment);
	if (is_loopback(&segment->local))
		return SK_PASS;
	if (segment->ifindex == LOOPBACK_IFINDEX || is_own_address(netns, &segment->remote)) {
		if (is_own_address(netns, &segment->local))
			return SK_PASS;
		return outbound(ctx, pod, segment);
	}
	probe_address(&probe, segment->family == AF_INET);
	if (equal(&probe, &segment->remote))
		return SK_PASS;
	return inbound(ctx, pod, settings, segment);
}

/* Leads the pod's connections, outbound and inbound, to the agent's listeners in the pod's
 * namespace. */
SEC("sk_lookup")
int pod_lookup(struct bpf_sk_lookup *ctx)
{
	struct segment segment = {};

	if (ctx->protocol != PROTO_TCP)
		return SK_PASS;
	segment.family = ctx->family;
	segment.local_port = ctx->local_port;
	segment.remote_port = bpf_ntohs(ctx->remote_port);
	segment.ifindex = ctx->ingress_ifindex;
	if (ctx->family == AF_INET) {
		v4_address(&segment.local, FIELD(ctx, local_ip4));
		v4_address(&segment.remote, FIELD(ctx, remote_ip4));
	} else {
		segment.local.word[0] = FIELD(ctx, local_ip6[0]);
		segment.local.word[1] = FIELD(ctx, local_ip6[1]);
		segment.local.word[2] = FIELD(ctx, local_ip6[2]);
		segment.local.word[3] = FIELD(ctx, local_ip6[3]);
		segment.remote.word[0] = FIELD(ctx, remote_ip6[0]);
		segment.remote.word[1] = FIELD(ctx, remote_ip6[1]);
		segment.remote.word[2] = FIELD(ctx, remote_ip6[2]);
		segment.remote.word[3] = FIELD(ctx, remote_ip6[3]);
	}
	return decide(ctx, &segment);
}
