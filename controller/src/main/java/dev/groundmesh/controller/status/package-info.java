/**
 * What users are told about their objects: conditions; here they are written beside manifests, in
 * {@code kubernetes} into the objects themselves.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.status;
