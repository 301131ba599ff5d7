@org.jspecify.annotations.NullMarked
package dev.groundmesh.groundctl;
