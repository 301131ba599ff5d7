package dev.groundmesh.nodeagent.kernel.bpf;

import com.sun.jna.Callback;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import dev.groundmesh.nodeagent.kernel.KernelException;
import org.jspecify.annotations.Nullable;

/**
 * The functions of libbpf 1 that the agent needs. What libbpf prints, the verifier's words among
 * it, is kept for the thread that called, and becomes part of the exception when the call fails.
 */
final class Libbpf {
  private static final int MAX_PRINTED = 1 << 20;
  private static final int WARNING = 0;
  private static final ThreadLocal<StringBuilder> printed =
      ThreadLocal.withInitial(StringBuilder::new);

  /** Referenced for as long as libbpf may call it. */
  private static final Print PRINT = Libbpf::print;

  static {
    Native.register(Libbpf.class, "libbpf.so.1");
    libbpf_set_print(PRINT);
  }

  private Libbpf() {}

  /** libbpf_print_fn_t; a va_list comes as a pointer on x86-64 and on arm64. */
  interface Print extends Callback {
    int invoke(int level, Pointer format, Pointer arguments);
  }

  /** ring_buffer_sample_fn */
  interface Sample extends Callback {
    int invoke(@Nullable Pointer context, Pointer data, long size);
  }

  static native Pointer libbpf_set_print(Print print);

  static native @Nullable Pointer bpf_object__open_mem(
      byte[] elf, long size, @Nullable Pointer options);

  static native int bpf_object__load(Pointer object);

  static native void bpf_object__close(Pointer object);

  static native @Nullable Pointer bpf_object__find_program_by_name(Pointer object, String name);

  static native @Nullable Pointer bpf_object__find_map_by_name(Pointer object, String name);

  static native @Nullable Pointer bpf_program__attach_cgroup(Pointer program, int cgroup);

  static native @Nullable Pointer bpf_program__attach_netns(Pointer program, int netns);

  static native int bpf_map__fd(Pointer map);

  static native int bpf_map__reuse_fd(Pointer map, int fd);

  static native int bpf_map__set_initial_value(Pointer map, byte[] data, long size);

  static native int bpf_link__pin(Pointer link, String path);

  static native @Nullable Pointer bpf_link__open(String path);

  static native int bpf_link__update_program(Pointer link, Pointer program);

  static native int bpf_link__destroy(Pointer link);

  static native int bpf_obj_pin(int fd, String path);

  static native int bpf_obj_get(String path);

  static native int bpf_map_update_elem(int fd, byte[] key, byte[] value, long flags);

  static native int bpf_map_lookup_elem(int fd, byte[] key, byte[] value);

  static native int bpf_map_delete_elem(int fd, byte[] key);

  static native int bpf_map_get_next_key(int fd, byte @Nullable [] key, byte[] next);

  static native int libbpf_num_possible_cpus();

  static native @Nullable Pointer ring_buffer__new(
      int fd, Sample sample, @Nullable Pointer context, @Nullable Pointer options);

  static native int ring_buffer__consume(Pointer ring);

  static native void ring_buffer__free(Pointer ring);

  /** Begins a call whose words are wanted. */
  static void listen() {
    printed.get().setLength(0);
  }

  /**
   * What failed, with the error number of this thread and what libbpf printed since {@link
   * #listen}.
   */
  static KernelException failure(String call, int errno) {
    return new KernelException(call, errno, printed.get().toString().strip());
  }

  static KernelException failure(String call) {
    return failure(call, Native.getLastError());
  }

  private static int print(int level, Pointer format, Pointer arguments) {
    StringBuilder all = printed.get();
    if (level > WARNING || all.length() > MAX_PRINTED) {
      return 0;
    }
    // The verifier's log comes as one argument of a warning.
    try (Memory text = new Memory(MAX_PRINTED)) {
      int length = C.vsnprintf(text, text.size(), format, arguments);
      all.append(text.getString(0));
      return length;
    }
  }

  private static final class C {
    static {
      Native.register(C.class, "libc.so.6");
    }

    static native int vsnprintf(Pointer buffer, long size, Pointer format, Pointer arguments);
  }
}
