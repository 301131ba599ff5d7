/**
 * Two nodes and their pods on one machine: network namespaces joined as a small cluster would be,
 * for the demo, the end-to-end tests and the benchmarks.
 */
@NullMarked
package dev.groundmesh.lab;

import org.jspecify.annotations.NullMarked;
