/** Who a workload is. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.meshapi.identity;
