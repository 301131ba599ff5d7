package dev.groundmesh.controller.xds;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryRequest;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;

/**
 * One {@code DeltaDiscoveryRequest}. The list of what a client holds, which is as long as the mesh
 * is large, stays encoded until it is looked through: decoded, it would take four times the memory,
 * and when all agents come back at once many of them wait.
 *
 * @param fields the request without that list
 */
record RequestMessage(DeltaDiscoveryRequest fields, RetainedVersions retained) {

  /** Reads requests only. */
  static final MethodDescriptor.Marshaller<RequestMessage> MARSHALLER =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(RequestMessage message) {
          throw new UnsupportedOperationException("a server writes no requests");
        }

        @Override
        public RequestMessage parse(InputStream stream) {
          try {
            return read(stream);
          } catch (IOException e) {
            throw Status.INTERNAL
                .withDescription("request: not a DeltaDiscoveryRequest")
                .withCause(e)
                .asRuntimeException();
          }
        }
      };

  private static RequestMessage read(InputStream stream) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(stream);
    in.setSizeLimit(Integer.MAX_VALUE);
    ByteString.Output fields = ByteString.newOutput();
    ByteString.Output retained = ByteString.newOutput();
    CodedOutputStream fieldsOut = CodedOutputStream.newInstance(fields);
    CodedOutputStream retainedOut = CodedOutputStream.newInstance(retained);
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
        int number = WireFormat.getTagFieldNumber(tag);
        boolean isRetained = number == DeltaDiscoveryRequest.INITIAL_RESOURCE_VERSIONS_FIELD_NUMBER;
        (isRetained ? retainedOut : fieldsOut).writeByteArray(number, in.readByteArray());
      } else if (!in.skipField(tag)) {
        throw new InvalidProtocolBufferException("an end of a group that has not begun");
      }
    }
    fieldsOut.flush();
    retainedOut.flush();
    return new RequestMessage(
        DeltaDiscoveryRequest.parseFrom(fields.toByteString()),
        RetainedVersions.of(retained.toByteString()));
  }
}
