package dev.groundmesh.controller.xds;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/** The names and versions of what a client holds, as it sent them. Immutable. */
final class RetainedVersions {

  private static final int NAME = 1;
  private static final int VERSION = 2;

  static final RetainedVersions NONE = new RetainedVersions(ByteString.EMPTY);

  private final ByteString encoded;

  private RetainedVersions(ByteString encoded) {
    this.encoded = encoded;
  }

  /**
   * Takes the entries as they are encoded in a request, each with its tag.
   *
   * @throws InvalidProtocolBufferException if they are not such entries
   */
  static RetainedVersions of(ByteString encoded) throws IOException {
    RetainedVersions versions = new RetainedVersions(encoded);
    versions.read((name, version) -> {}, false);
    return versions;
  }

  boolean isEmpty() {
    return encoded.isEmpty();
  }

  /** Tells each name and version in the order sent, and a name that was sent twice twice. */
  void forEach(BiConsumer<String, String> entry) {
    try {
      read(entry, true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Map<String, String> toMap() {
    Map<String, String> map = new HashMap<>();
    forEach(map::put);
    return map;
  }

  /**
   * Goes through the entries.
   *
   * @param decode whether to make strings and tell them, or to look whether that can be done
   */
  private void read(BiConsumer<String, String> entry, boolean decode) throws IOException {
    CodedInputStream in = encoded.newCodedInput();
    in.setSizeLimit(Integer.MAX_VALUE);
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
        throw new InvalidProtocolBufferException("initial_resource_versions: not a map");
      }
      int outer = in.pushLimit(in.readRawVarint32());
      String name = "";
      String version = "";
      for (int field = in.readTag(); field != 0; field = in.readTag()) {
        boolean isText = WireFormat.getTagWireType(field) == WireFormat.WIRETYPE_LENGTH_DELIMITED;
        int number = WireFormat.getTagFieldNumber(field);
        if (decode && isText && number == NAME) {
          name = in.readString();
        } else if (decode && isText && number == VERSION) {
          version = in.readString();
        } else if (!in.skipField(field)) {
          throw new InvalidProtocolBufferException("initial_resource_versions: not a map");
        }
      }
      in.popLimit(outer);
      if (decode) {
        entry.accept(name, version);
      }
    }
  }
}
