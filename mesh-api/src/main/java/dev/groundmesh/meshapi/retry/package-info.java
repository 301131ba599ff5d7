/** Trying again what failed. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.meshapi.retry;
