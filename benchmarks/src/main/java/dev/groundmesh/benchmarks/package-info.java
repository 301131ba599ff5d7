/** Whole-path measurements of the data path, side by side with no mesh at all and with a peer. */
@NullMarked
package dev.groundmesh.benchmarks;

import org.jspecify.annotations.NullMarked;
