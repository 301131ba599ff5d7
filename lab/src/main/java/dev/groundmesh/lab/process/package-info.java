/**
 * Programs that run inside the lab's namespaces: launching, readiness, logs, usage, and an end for
 * each of them.
 */
@NullMarked
package dev.groundmesh.lab.process;

import org.jspecify.annotations.NullMarked;
