/**
 * What the mesh uses of each Kubernetes and Istio object, as immutable records, whatever source
 * they came from.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.model;
