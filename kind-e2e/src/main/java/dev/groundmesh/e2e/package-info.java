/**
 * The mesh on a real Kubernetes cluster, as its users run it: by the chart, by labels, by kubectl.
 */
@NullMarked
package dev.groundmesh.e2e;

import org.jspecify.annotations.NullMarked;
