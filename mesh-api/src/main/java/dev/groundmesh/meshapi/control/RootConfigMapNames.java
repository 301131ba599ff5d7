package dev.groundmesh.meshapi.control;

/** What the ConfigMap of every namespace that holds the mesh's roots is called. */
public final class RootConfigMapNames {

  /** Istio's name, for all of its clients. */
  public static final String ISTIO = "istio-ca-root-cert";

  /** Ours, beside an Istio whose own it must not be mistaken for. */
  public static final String BESIDE_ISTIO = "groundmesh-ca-root-cert";

  private RootConfigMapNames() {}
}
