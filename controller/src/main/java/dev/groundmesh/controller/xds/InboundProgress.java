package dev.groundmesh.controller.xds;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much of a stream's requests has arrived, whole or not: what tells a client that sends a long
 * one from a client that is silent. Thread-safe.
 */
final class InboundProgress extends ServerStreamTracer {

  /** In whose context a call is started. */
  static final Context.Key<InboundProgress> KEY =
      Context.keyWithDefault("groundmesh-inbound-progress", new InboundProgress());

  /** Traces every stream. */
  static final ServerStreamTracer.Factory FACTORY =
      new ServerStreamTracer.Factory() {
        @Override
        public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
          return new InboundProgress();
        }
      };

  private final AtomicLong bytes = new AtomicLong();

  @Override
  public Context filterContext(Context context) {
    return context.withValue(KEY, this);
  }

  @Override
  public void inboundWireSize(long more) {
    bytes.addAndGet(more);
  }

  long bytes() {
    return bytes.get();
  }
}
