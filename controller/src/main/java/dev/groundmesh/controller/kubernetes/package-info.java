/**
 * The mesh's side of the Kubernetes API: objects are listed and watched here, and what is to be
 * told of them is written back.
 *
 * <p>Lists and watches are our own, over the client's connections and credentials, as its informers
 * keep each whole object a second time and stop at a field of the wrong type. Here an object is
 * read by the manifests' rules as it comes in, and only the typed form is kept.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.kubernetes;
