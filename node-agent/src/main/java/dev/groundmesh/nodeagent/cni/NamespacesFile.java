package dev.groundmesh.nodeagent.cni;

import dev.groundmesh.meshapi.model.NamespaceEnrolment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;

/**
 * What the CNI plugin goes by while no agent answers: a line for each namespace that is known, with
 * {@code outside} or {@code ambient}. Replaced whole, in one step. Confined to one thread.
 */
public final class NamespacesFile {
  private static final String FIRST_LINE = "groundmesh namespaces 1\n";

  private final Path file;
  private String written = "";

  public NamespacesFile(Path file) {
    this.file = file;
  }

  /** Writes what is known now, if it is not what was written last. */
  public void write(Collection<NamespaceEnrolment> namespaces) throws IOException {
    StringBuilder text = new StringBuilder(FIRST_LINE);
    namespaces.stream()
        .sorted((a, b) -> a.name().compareTo(b.name()))
        .forEach(
            namespace ->
                text.append(namespace.name())
                    .append(namespace.ambient() ? " ambient" : " outside")
                    .append('\n'));
    if (text.toString().equals(written)) {
      return;
    }
    Path fresh = file.resolveSibling(file.getFileName() + "." + ProcessHandle.current().pid());
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(fresh, text);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    written = text.toString();
  }
}
