/** The one place where metrics, access log and traces look at connections. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.tunnel.observer;
