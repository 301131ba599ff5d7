/** How much memory things take, without the whole path around them. */
@NullMarked
package dev.groundmesh.benchmarks.footprint;

import org.jspecify.annotations.NullMarked;
