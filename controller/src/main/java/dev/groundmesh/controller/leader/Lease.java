package dev.groundmesh.controller.leader;

import java.time.Duration;
import java.time.Instant;

/**
 * Who leads, as replicas write it down for one another.
 *
 * @param holder the leader's identity; empty: it stepped down
 * @param duration for which a lease that nobody renews is to be respected
 * @param acquired when the holder became it, for people
 * @param renewed when it last said so, for people: replicas' clocks need not agree, so that nobody
 *     computes with it
 * @param transitions how often the holder changed
 * @param version what the store tells versions apart by; empty for a lease that is not there yet
 */
public record Lease(
    String holder,
    Duration duration,
    Instant acquired,
    Instant renewed,
    int transitions,
    String version) {}
