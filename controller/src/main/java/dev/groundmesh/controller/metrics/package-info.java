/**
 * The controller's metrics, in Prometheus' text format, under Istio's names where Istio has them.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.metrics;
