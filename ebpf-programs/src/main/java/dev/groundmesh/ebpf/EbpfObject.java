package dev.groundmesh.ebpf;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The compiled objects. */
public enum EbpfObject {
  /** The programs at the cgroup root: one copy a node. */
  NODE("node.bpf.o"),
  /** The program of a pod's network namespace: one copy a pod. */
  POD("pod.bpf.o");

  /** The name of the pod's program. */
  public static final String POD_PROGRAM = "pod_lookup";

  private final String resource;

  EbpfObject(String resource) {
    this.resource = resource;
  }

  /** The ELF file. */
  public byte[] read() {
    try (InputStream in = EbpfObject.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + ": not in the jar (expected: compiled with it)");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
