/**
 * From objects to encoded resources, incrementally: the cost of a change is its reach. One thread
 * owns the compile; what it publishes is immutable.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.compile;
