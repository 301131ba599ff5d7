/** What TLS towards the control plane and TLS between workloads have in common. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.meshapi.tls;
