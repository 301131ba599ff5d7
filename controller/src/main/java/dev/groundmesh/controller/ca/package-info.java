/**
 * The certificate authority: its keys, their rotation, what it signs and for whom. What is
 * persisted survives a crash at any point.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.ca;
