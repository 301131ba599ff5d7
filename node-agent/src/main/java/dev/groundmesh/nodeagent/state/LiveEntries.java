package dev.groundmesh.nodeagent.state;

import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which entries of a journal count: of each resource the last one, unless that says that it is
 * gone. Entries go by their number, the first being 0, so that a journal is read twice and never
 * held in memory.
 */
final class LiveEntries {
  private final BitSet live = new BitSet();

  private LiveEntries() {}

  static LiveEntries of(Path file) throws IOException {
    LiveEntries entries = new LiveEntries();
    Map<ResourceKey, Integer> last = new HashMap<>();
    Map<String, String> types = new HashMap<>();
    try (JournalReader journal = JournalReader.open(file)) {
      int number = 0;
      for (ResourceChange change = journal.next(); change != null; change = journal.next()) {
        String type = types.computeIfAbsent(change.typeUrl(), url -> url);
        ResourceKey key = new ResourceKey(type, change.name());
        // No switch over the types: the JVM makes a class for each, and an agent that starts waits.
        if (change instanceof ResourceChange.Stored) {
          entries.forget(last.put(key, number));
          entries.live.set(number);
        } else {
          entries.forget(last.remove(key));
        }
        number++;
      }
    }
    return entries;
  }

  private void forget(@Nullable Integer replaced) {
    if (replaced != null) {
      live.clear(replaced);
    }
  }

  /** The number after that of the last entry that counts; 0 if none does. */
  int end() {
    return live.length();
  }

  boolean contains(int number) {
    return live.get(number);
  }
}
