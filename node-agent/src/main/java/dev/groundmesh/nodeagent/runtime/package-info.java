/**
 * Where the network namespaces of a Kubernetes node's pods are: what the container runtime has
 * written down, the processes of the pods, and what the CNI was told. None is believed alone where
 * another can be asked.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.nodeagent.runtime;
