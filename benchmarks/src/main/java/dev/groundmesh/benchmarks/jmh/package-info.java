/**
 * JMH benchmarks of hot paths; run one by its name: {@code java -cp ... org.openjdk.jmh.Main H2}.
 */
@NullMarked
package dev.groundmesh.benchmarks.jmh;

import org.jspecify.annotations.NullMarked;
