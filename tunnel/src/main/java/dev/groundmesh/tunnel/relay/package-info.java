/**
 * Byte streams and the relay that joins two of them.
 *
 * <p>A stream belongs to one event loop for its whole life; nothing here takes a lock or blocks.
 * Sockets are driven directly on Netty's epoll handler, edge-triggered and registered once, so that
 * pausing and resuming cost no system call and an idle connection holds no buffer.
 */
@NullMarked
package dev.groundmesh.tunnel.relay;

import org.jspecify.annotations.NullMarked;
