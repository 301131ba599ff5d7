/** The demo: a small shop on two nodes of this machine, before and after it joins the mesh. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.groundctl.demo;
