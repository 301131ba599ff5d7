/**
 * The definitions of the kinds that are not Kubernetes' own, for clusters without them: what the
 * readers of {@code source} take, as schemas that the API server checks.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.definition;
