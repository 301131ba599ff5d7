package dev.groundmesh.controller.ca;

import dev.groundmesh.meshapi.control.ControlPlaneMethods;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;

/**
 * Ends a call for a certificate whose request is longer than any that is signed, before it is
 * collected: every service account may ask, and the server's own bound is that of the lists which
 * agents send. For the thread of one stream.
 */
final class RequestLimit extends ServerStreamTracer {

  /** Bytes: the signing request, and a few for all else. */
  static final int MAX_BYTES = SigningRequests.MAX_LENGTH + (4 << 10);

  /** Looks at calls for certificates alone. */
  static final ServerStreamTracer.Factory FACTORY =
      new ServerStreamTracer.Factory() {
        @Override
        public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
          return method.equals(ControlPlaneMethods.CREATE_CERTIFICATE.getFullMethodName())
              ? new RequestLimit()
              : OTHERS;
        }
      };

  private static final ServerStreamTracer OTHERS = new ServerStreamTracer() {};

  private long bytes;

  @Override
  public void inboundWireSize(long more) {
    bytes += more;
    if (bytes > MAX_BYTES) {
      throw Status.RESOURCE_EXHAUSTED
          .withDescription("request: longer than " + MAX_BYTES + " bytes")
          .asRuntimeException();
    }
  }
}
