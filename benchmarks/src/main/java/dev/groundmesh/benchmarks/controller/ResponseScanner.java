package dev.groundmesh.benchmarks.controller;

import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Finds the responses in what a gRPC stream brings, in pieces of any size, and passes over all of
 * them but their nonces: who answers a response must know no more. Not thread-safe.
 */
final class ResponseScanner {

  /** A byte that says whether the message is compressed, and four of its length. */
  private static final int PREFIX = 5;

  private static final int LENGTH_DELIMITED = 2;

  private final Consumer<String> nonces;
  private final ByteArrayOutputStream nonce = new ByteArrayOutputStream();
  private int prefixLeft = PREFIX;
  private int messageLeft;
  private int varint;
  private int shift;
  private boolean inLength;
  private int field;
  private int fieldLeft;

  /** Tells the nonce of each response when the response has come to its end. */
  ResponseScanner(Consumer<String> nonces) {
    this.nonces = nonces;
  }

  /** Reads all of the data. */
  void read(ByteBuf data) {
    while (data.isReadable()) {
      if (prefixLeft > 0) {
        messageLeft = messageLeft << Byte.SIZE | data.readUnsignedByte();
        prefixLeft--;
      } else if (fieldLeft > 0) {
        value(data);
      } else {
        varint(data.readUnsignedByte());
      }
      if (prefixLeft == 0 && messageLeft == 0) {
        nonces.accept(nonce.toString(StandardCharsets.UTF_8));
        nonce.reset();
        prefixLeft = PREFIX;
      }
    }
  }

  private void value(ByteBuf data) {
    int taken = Math.min(fieldLeft, data.readableBytes());
    if (field == DeltaDiscoveryResponse.NONCE_FIELD_NUMBER) {
      try {
        data.readBytes(nonce, taken);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    } else {
      data.skipBytes(taken);
    }
    fieldLeft -= taken;
    messageLeft -= taken;
  }

  private void varint(int next) {
    messageLeft--;
    varint |= (next & 0x7f) << shift;
    shift += 7;
    if (next > 0x7f) {
      return;
    }
    if (inLength) {
      fieldLeft = varint;
    } else if ((varint & 7) == LENGTH_DELIMITED) {
      field = varint >>> 3;
    } else {
      throw new IllegalStateException(
          "field: " + (varint >>> 3) + " (expected: one with a length, as all of a response)");
    }
    inLength = !inLength;
    varint = 0;
    shift = 0;
  }
}
