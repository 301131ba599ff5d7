/**
 * How answers look: tables for people, JSON for programs, colours only where a terminal shows them.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.groundctl.output;
