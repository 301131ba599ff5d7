/** The control plane as a client and a server see it: its methods, its channel, its credentials. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.meshapi.control;
