/** How a Kubernetes cluster is found and reached: what kubectl would use, so does this. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.groundctl.kube;
