package dev.groundmesh.controller.xds;

import com.google.protobuf.ByteString;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * One encoded {@code DeltaDiscoveryResponse}; the same object goes to every subscriber that is to
 * hear the same.
 *
 * @param nonce as encoded in it; unique among what one stream is sent, not among streams
 * @param resources how many it carries
 * @param removals how many it takes away
 */
record ResponseMessage(ByteString bytes, String nonce, int resources, int removals) {

  /** Hands the bytes to the transport as they are. */
  static final MethodDescriptor.Marshaller<ResponseMessage> MARSHALLER =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(ResponseMessage message) {
          return new EncodedStream(message.bytes);
        }

        @Override
        public ResponseMessage parse(InputStream stream) {
          throw new UnsupportedOperationException("a server reads no responses");
        }
      };

  private static final class EncodedStream extends InputStream implements Drainable, KnownLength {
    private final ByteString bytes;
    private int position;

    EncodedStream(ByteString bytes) {
      this.bytes = bytes;
    }

    @Override
    public int available() {
      return bytes.size() - position;
    }

    @Override
    public int read() {
      return position == bytes.size() ? -1 : bytes.byteAt(position++) & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      if (length == 0) {
        return 0;
      }
      int copied = Math.min(length, available());
      if (copied == 0) {
        return -1;
      }
      bytes.substring(position, position + copied).copyTo(target, offset);
      position += copied;
      return copied;
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      int length = available();
      bytes.substring(position).writeTo(target);
      position += length;
      return length;
    }
  }
}
