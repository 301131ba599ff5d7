/** The eBPF objects of the redirection and the layouts of what their maps hold. */
@NullMarked
package dev.groundmesh.ebpf;

import org.jspecify.annotations.NullMarked;
