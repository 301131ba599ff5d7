/** What an image is made of, with licences. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.daemonset.bom;
