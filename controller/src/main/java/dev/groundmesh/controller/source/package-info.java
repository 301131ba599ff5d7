/** Where objects come from: a watched folder of manifests. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.source;
