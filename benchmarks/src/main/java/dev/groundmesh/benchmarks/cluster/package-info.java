/** The mesh in a real cluster: how soon it is there, and how soon pods are in it. */
@NullMarked
package dev.groundmesh.benchmarks.cluster;

import org.jspecify.annotations.NullMarked;
