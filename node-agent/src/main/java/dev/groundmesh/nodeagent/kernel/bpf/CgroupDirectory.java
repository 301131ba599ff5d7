package dev.groundmesh.nodeagent.kernel.bpf;

import dev.groundmesh.nodeagent.kernel.FileDescriptors;
import java.io.IOException;
import java.nio.file.Path;

/** An open directory of the cgroup2 hierarchy, to attach programs to. */
public record CgroupDirectory(Path path, int fd) implements AutoCloseable {
  /** Opens the directory. */
  public static CgroupDirectory open(Path path) throws IOException {
    return new CgroupDirectory(path, FileDescriptors.open(path));
  }

  @Override
  public void close() {
    FileDescriptors.close(fd);
  }
}
