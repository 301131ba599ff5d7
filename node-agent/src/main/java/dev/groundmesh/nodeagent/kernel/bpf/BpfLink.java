package dev.groundmesh.nodeagent.kernel.bpf;

import com.sun.jna.Pointer;
import dev.groundmesh.nodeagent.kernel.KernelException;
import java.nio.file.Path;

/** A program's attachment. It ends with the last of its file descriptors and pins. */
public final class BpfLink implements AutoCloseable {
  private final String name;
  private final Pointer link;

  BpfLink(String name, Pointer link) {
    this.name = name;
    this.link = link;
  }

  /** Opens a pinned link. */
  public static BpfLink open(Path path) throws KernelException {
    Libbpf.listen();
    Pointer link = Libbpf.bpf_link__open(path.toString());
    if (link == null) {
      throw Libbpf.failure("open eBPF link " + path);
    }
    return new BpfLink(path.toString(), link);
  }

  /** Makes the attachment outlive the process, until the file is removed. */
  public void pin(Path path) throws KernelException {
    Libbpf.listen();
    int error = Libbpf.bpf_link__pin(link, path.toString());
    if (error != 0) {
      throw Libbpf.failure("pin eBPF link " + path, -error);
    }
  }

  void update(BpfProgram program) throws KernelException {
    Libbpf.listen();
    int error = Libbpf.bpf_link__update_program(link, program.pointer());
    if (error != 0) {
      throw Libbpf.failure("replace the program of " + name + " with " + program, -error);
    }
  }

  /** Lets go of the attachment; unpinned, it ends. */
  @Override
  public void close() {
    Libbpf.bpf_link__destroy(link);
  }
}
