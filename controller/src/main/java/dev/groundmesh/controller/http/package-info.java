/** What the controller's HTTP servers have in common. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.http;
