/** What users are told about their objects: conditions, written beside the manifests. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.status;
