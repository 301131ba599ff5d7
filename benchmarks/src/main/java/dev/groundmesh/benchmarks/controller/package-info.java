/** How fast one change reaches all agents, and what a large mesh costs the controller. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.benchmarks.controller;
