package dev.groundmesh.tunnel.hbone;

/** The outcome of opening a stream, told once and on the tunnel's event loop. */
public interface OpenListener {
  /** The peer answered 200; the stream is paused and has no listener yet. */
  void onOpened(HboneStream stream, ConnectResponse response);

  /** No stream came of it. */
  void onFailed(OpenFailure failure);
}
