/**
 * What objects say: from YAML, and from what the Kubernetes API answers, to the records of {@code
 * model}, with a problem for each mistake; and a watched folder of manifests as the place that they
 * come from. The other such place is {@code kubernetes}.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.source;
