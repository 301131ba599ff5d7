package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.ebpf.Refusal;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * A connection or datagram that the programs refused.
 *
 * @param at CLOCK_MONOTONIC of the refusal
 * @param netnsCookie the pod's namespace
 * @param remote for what a pod sends, its destination; for what arrives, its source
 * @param refusal why
 */
public record RedirectionEvent(
    Duration at, long netnsCookie, InetSocketAddress remote, Refusal refusal) {}
