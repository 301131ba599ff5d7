package dev.groundmesh.controller.ca;

import dev.groundmesh.controller.state.StateDirectory;
import dev.groundmesh.controller.state.StateException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The state in a file that only one process uses. */
final class DirectoryCaState implements CaStateStore {

  static final String FILE = "ca.json";

  private final StateDirectory directory;

  DirectoryCaState(StateDirectory directory) {
    this.directory = directory;
  }

  @Override
  public Optional<Stored> read() throws StateException {
    return directory.read(FILE).map(text -> new Stored(text, text));
  }

  @Override
  public Optional<Stored> write(String text, @Nullable String expected) throws StateException {
    directory.writeSecret(FILE, text);
    return Optional.of(new Stored(text, text));
  }

  @Override
  public String place() {
    return directory.path(FILE).toString();
  }
}
