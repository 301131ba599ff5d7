package dev.groundmesh.nodeagent.state;

import java.io.IOException;

/** What a journal has lost cannot be told, so that nothing of it may be used. */
final class DamagedJournalException extends IOException {
  private static final long serialVersionUID = 1;

  DamagedJournalException(String message) {
    super(message);
  }
}
