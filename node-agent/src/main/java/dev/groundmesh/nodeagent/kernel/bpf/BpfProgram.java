package dev.groundmesh.nodeagent.kernel.bpf;

import com.sun.jna.Pointer;
import dev.groundmesh.nodeagent.kernel.KernelException;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import java.nio.file.Path;

/** A loaded program of an open {@link BpfObject}. */
public final class BpfProgram {
  private final String name;
  private final Pointer program;

  BpfProgram(String name, Pointer program) {
    this.name = name;
    this.program = program;
  }

  /** Attaches a cgroup program, beside those that others attached there. */
  public BpfLink attach(CgroupDirectory cgroup) throws KernelException {
    Libbpf.listen();
    Pointer link = Libbpf.bpf_program__attach_cgroup(program, cgroup.fd());
    if (link == null) {
      throw Libbpf.failure("attach " + name + " to " + cgroup.path());
    }
    return new BpfLink(name, link);
  }

  /** Attaches an sk_lookup program to a network namespace. */
  public BpfLink attach(NetnsHandle netns) throws KernelException {
    Libbpf.listen();
    Pointer link = Libbpf.bpf_program__attach_netns(program, netns.fd());
    if (link == null) {
      throw Libbpf.failure("attach " + name + " to " + netns);
    }
    return new BpfLink(name, link);
  }

  /** Attaches it in the place of the program of a pinned link, at once and without a gap. */
  public void replace(Path pinnedLink) throws KernelException {
    try (BpfLink link = BpfLink.open(pinnedLink)) {
      link.update(this);
    }
  }

  Pointer pointer() {
    return program;
  }

  @Override
  public String toString() {
    return name;
  }
}
