package dev.groundmesh.nodeagent.enrolment;

import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A runtime where the pod's id is the name of its network namespace, as {@code ip netns} keeps
 * them.
 */
public final class NamedNetnsRuntime implements PodRuntime {
  private final Path directory;

  /**
   * @param directory of the names, {@code /var/run/netns} as a rule
   */
  public NamedNetnsRuntime(Path directory) {
    this.directory = directory;
  }

  @Override
  public NetnsHandle netnsOf(PodEnrolment enrolment, @Nullable Path announced) throws IOException {
    String name = enrolment.runtimeId();
    Path path = directory.resolve(name).normalize();
    if (!directory.normalize().equals(path.getParent())) {
      throw new IOException("runtime_id: " + name + " (expected: the name of a network namespace)");
    }
    return NetnsHandle.open(path);
  }
}
