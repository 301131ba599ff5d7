/** What is put into a cluster, made from the build: the images. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.daemonset;
