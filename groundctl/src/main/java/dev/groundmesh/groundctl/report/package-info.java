/** What is collected of a mesh for who is to find out what is wrong with it. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.groundctl.report;
