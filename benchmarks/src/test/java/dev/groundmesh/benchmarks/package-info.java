@NullMarked
package dev.groundmesh.benchmarks;

import org.jspecify.annotations.NullMarked;
