/** The Java runtime and the jars of an image. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.daemonset.runtime;
