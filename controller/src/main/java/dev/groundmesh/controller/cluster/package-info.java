/**
 * What the controller keeps in Kubernetes for itself, and what it asks of and does for a cluster.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.cluster;
