/** Which shared libraries a program needs, read from the files themselves. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.daemonset.elf;
