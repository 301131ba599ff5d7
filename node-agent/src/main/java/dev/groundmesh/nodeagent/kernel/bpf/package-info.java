/** libbpf: objects, maps, links and ring buffers. */
@NullMarked
package dev.groundmesh.nodeagent.kernel.bpf;

import org.jspecify.annotations.NullMarked;
