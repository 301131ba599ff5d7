/** What the decisions of one connection cost. */
@NullMarked
package dev.groundmesh.benchmarks.decision;

import org.jspecify.annotations.NullMarked;
