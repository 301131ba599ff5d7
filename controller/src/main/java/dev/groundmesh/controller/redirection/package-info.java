/** What node agents tell of the redirection of their pods, and where it is recorded. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.redirection;
