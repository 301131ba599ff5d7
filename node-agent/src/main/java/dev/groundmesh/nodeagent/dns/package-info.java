/**
 * The DNS proxy: answers A and AAAA for the mesh's services from the snapshot, forwards everything
 * else, byte for byte, to the resolvers of the agent's own environment. One pod's server runs on
 * one event loop.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.nodeagent.dns;
