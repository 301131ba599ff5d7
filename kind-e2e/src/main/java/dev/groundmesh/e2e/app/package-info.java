/**
 * What the tests run in a cluster: namespaces, the test application in every kind of workload,
 * counted load.
 */
@NullMarked
package dev.groundmesh.e2e.app;

import org.jspecify.annotations.NullMarked;
