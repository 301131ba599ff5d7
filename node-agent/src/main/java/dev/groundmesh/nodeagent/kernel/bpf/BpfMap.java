package dev.groundmesh.nodeagent.kernel.bpf;

import com.sun.jna.Native;
import dev.groundmesh.nodeagent.kernel.Errno;
import dev.groundmesh.nodeagent.kernel.FileDescriptors;
import dev.groundmesh.nodeagent.kernel.KernelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A pinned map. Thread-safe, except for {@link #close()}. */
public final class BpfMap implements AutoCloseable {
  private static final int ANY = 0;

  private final Path path;
  private final int fd;
  private final int keyBytes;
  private final int valueBytes;

  private BpfMap(Path path, int fd, int keyBytes, int valueBytes) {
    this.path = path;
    this.fd = fd;
    this.keyBytes = keyBytes;
    this.valueBytes = valueBytes;
  }

  /**
   * Opens a pinned map.
   *
   * @param keyBytes the size of its keys, 0 if it has none
   * @param valueBytes the size of its values, 0 if it has none
   */
  public static BpfMap open(Path path, int keyBytes, int valueBytes) throws KernelException {
    int fd = Libbpf.bpf_obj_get(path.toString());
    if (fd < 0) {
      throw Libbpf.failure("open eBPF map " + path);
    }
    return new BpfMap(path, fd, keyBytes, valueBytes);
  }

  /** Sets the value of a key, whether it had one or not. */
  public void put(byte[] key, byte[] value) throws KernelException {
    if (Libbpf.bpf_map_update_elem(fd, key(key), value(value), ANY) != 0) {
      throw new KernelException("update eBPF map " + path, Native.getLastError());
    }
  }

  /** The value of a key, if it has one. */
  public Optional<byte[]> get(byte[] key) throws KernelException {
    byte[] value = new byte[valueBytes];
    if (Libbpf.bpf_map_lookup_elem(fd, key(key), value) == 0) {
      return Optional.of(value);
    }
    int errno = Native.getLastError();
    if (errno == Errno.ENOENT) {
      return Optional.empty();
    }
    throw new KernelException("look up in eBPF map " + path, errno);
  }

  /** The sum of a key's values of 8 bytes on all processors, in a map that keeps one for each. */
  public long sum(byte[] key) throws KernelException {
    byte[] values = new byte[Long.BYTES * Libbpf.libbpf_num_possible_cpus()];
    if (Libbpf.bpf_map_lookup_elem(fd, key(key), values) != 0) {
      throw new KernelException("look up in eBPF map " + path, Native.getLastError());
    }
    ByteBuffer each = ByteBuffer.wrap(values).order(ByteOrder.nativeOrder());
    long sum = 0;
    while (each.hasRemaining()) {
      sum += each.getLong();
    }
    return sum;
  }

  /** Removes a key; nothing happens if it is not there. */
  public void remove(byte[] key) throws KernelException {
    if (Libbpf.bpf_map_delete_elem(fd, key(key)) != 0) {
      int errno = Native.getLastError();
      if (errno != Errno.ENOENT && errno != Errno.EINVAL) {
        throw new KernelException("delete from eBPF map " + path, errno);
      }
    }
  }

  /** All keys at this time, in a map that nobody else changes. */
  public List<byte[]> keys() throws KernelException {
    List<byte[]> keys = new ArrayList<>();
    byte @Nullable [] last = null;
    while (true) {
      byte[] next = new byte[keyBytes];
      if (Libbpf.bpf_map_get_next_key(fd, last, next) != 0) {
        int errno = Native.getLastError();
        if (errno == Errno.ENOENT) {
          return keys;
        }
        throw new KernelException("list eBPF map " + path, errno);
      }
      keys.add(next);
      last = next;
    }
  }

  @Override
  public void close() {
    FileDescriptors.close(fd);
  }

  int fd() {
    return fd;
  }

  private byte[] key(byte[] key) {
    return sized("key", key, keyBytes);
  }

  private byte[] value(byte[] value) {
    return sized("value", value, valueBytes);
  }

  /** The kernel reads as many bytes as the map says, however many there are. */
  private static byte[] sized(String what, byte[] bytes, int expected) {
    if (bytes.length != expected) {
      throw new IllegalArgumentException(
          what + ": " + bytes.length + " bytes (expected: " + expected + ")");
    }
    return bytes;
  }
}
