/**
 * What operators and scripts ask the controller over HTTP, port 15014: metrics, state, rotation.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.admin;
