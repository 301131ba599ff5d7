/** The subcommands, one class each. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.groundctl.command;
