package dev.groundmesh.nodeagent.kernel.bpf;

import com.sun.jna.Pointer;
import dev.groundmesh.nodeagent.kernel.KernelException;
import org.jspecify.annotations.Nullable;

/**
 * A compiled object on its way into the kernel: opened, given the maps that exist already, loaded,
 * its programs attached, closed. What is attached or pinned stays. Not thread-safe.
 */
public final class BpfObject implements AutoCloseable {
  private final String name;
  private final Pointer object;

  private BpfObject(String name, Pointer object) {
    this.name = name;
    this.object = object;
  }

  /**
   * Opens an ELF file.
   *
   * @param name what errors call it
   * @throws KernelException if it is not one that libbpf can read
   */
  public static BpfObject open(String name, byte[] elf) throws KernelException {
    Libbpf.listen();
    Pointer object = Libbpf.bpf_object__open_mem(elf, elf.length, null);
    if (object == null) {
      throw Libbpf.failure("open eBPF object " + name);
    }
    return new BpfObject(name, object);
  }

  /** Uses an existing map in the place of the object's own of that name. Before {@link #load()}. */
  public void reuse(String map, BpfMap existing) throws KernelException {
    Libbpf.listen();
    int error = Libbpf.bpf_map__reuse_fd(findMap(map), existing.fd());
    if (error != 0) {
      throw Libbpf.failure("reuse eBPF map " + map + " in " + name, -error);
    }
  }

  /** Sets the constants of the object. Before {@link #load()}. */
  public void setReadOnlyData(byte[] data) throws KernelException {
    Libbpf.listen();
    int error = Libbpf.bpf_map__set_initial_value(findMap(".rodata"), data, data.length);
    if (error != 0) {
      throw Libbpf.failure("set the constants of " + name, -error);
    }
  }

  /**
   * Loads all programs.
   *
   * @throws KernelException with the verifier's words, if it refuses
   */
  public void load() throws KernelException {
    Libbpf.listen();
    int error = Libbpf.bpf_object__load(object);
    if (error != 0) {
      throw Libbpf.failure("load eBPF object " + name, -error);
    }
  }

  /** A loaded program of the object, valid until {@link #close()}. */
  public BpfProgram program(String program) {
    Pointer found = Libbpf.bpf_object__find_program_by_name(object, program);
    if (found == null) {
      throw new IllegalArgumentException(program + ": not in " + name + " (expected: a program)");
    }
    return new BpfProgram(program, found);
  }

  /** Pins a map that was loaded with this object. */
  public void pinMap(String map, String path) throws KernelException {
    if (Libbpf.bpf_obj_pin(Libbpf.bpf_map__fd(findMap(map)), path) != 0) {
      throw Libbpf.failure("pin eBPF map " + path);
    }
  }

  @Override
  public void close() {
    Libbpf.bpf_object__close(object);
  }

  private Pointer findMap(String map) {
    @Nullable Pointer found = Libbpf.bpf_object__find_map_by_name(object, map);
    if (found == null) {
      throw new IllegalArgumentException(map + ": not in " + name + " (expected: a map)");
    }
    return found;
  }
}
