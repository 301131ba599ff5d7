package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.identity.SpiffeId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What admin shows of one identity.
 *
 * @param id whose
 * @param state how far
 * @param workload the certificate in use; null when there is none
 * @param lastError why the last request failed; null after a success
 * @param nextAttempt when the next request is due; null while one is queued or under way
 */
public record CertificateStatus(
    SpiffeId id,
    CertificateState state,
    @Nullable WorkloadIdentity workload,
    @Nullable String lastError,
    @Nullable Instant nextAttempt) {}
