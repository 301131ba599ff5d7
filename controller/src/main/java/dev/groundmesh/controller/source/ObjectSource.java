package dev.groundmesh.controller.source;

/** A place that objects come from: a folder of manifests, or Kubernetes. */
public interface ObjectSource extends AutoCloseable {

  /** Starts telling the listener, on a thread of the source's own. Once. */
  void start(ObjectListener listener);

  /** Stops and waits for the call in progress, if any. */
  @Override
  void close();
}
