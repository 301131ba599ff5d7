package dev.groundmesh.controller.compile;

import com.google.protobuf.ByteString;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One resource as agents receive it, encoded once and shared by all subscribers.
 *
 * @param name workload uid, {@code namespace/hostname} of a service, {@code namespace/name} of a
 *     policy, a namespace's name
 * @param contentHash hash of {@code bytes}, the same on every replica and after a restart
 * @param bytes the encoded message: the value of the {@code Any}
 * @param aliases {@code network/ip} for each address; empty for policies
 * @param node the only node that may see the resource; null: every node may
 */
public record CompiledResource(
    ResourceType type,
    String name,
    long contentHash,
    ByteString bytes,
    List<String> aliases,
    @Nullable String node) {

  /** The version on the wire. */
  public String version() {
    return HexFormat.of().toHexDigits(contentHash);
  }

  /** Whether a version on the wire is that of this content. */
  public boolean hasVersion(String version) {
    if (version.length() != Long.BYTES * 2) {
      return false;
    }
    for (int i = 0; i < version.length(); i++) {
      int digit = (int) (contentHash >>> (Long.SIZE - 4 * (i + 1))) & 15;
      if (version.charAt(i) != Character.forDigit(digit, 16)) {
        return false;
      }
    }
    return true;
  }
}
