/**
 * What is wrong, or likely not meant, in the objects of a cluster or of a set of manifests. The
 * controller's own reading and compile say what an object means; the checks here look at what the
 * objects mean together.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.groundctl.analysis;
