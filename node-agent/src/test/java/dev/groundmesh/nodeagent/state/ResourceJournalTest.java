package dev.groundmesh.nodeagent.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResourceJournalTest {
  private static final String TYPE = "type.googleapis.com/istio.workload.Address";

  @TempDir Path directory;

  private Path file() {
    return directory.resolve("resources.journal");
  }

  private ResourceJournal journal() {
    return new ResourceJournal(file(), 1 << 20);
  }

  private static List<StoredResource> loaded(ResourceJournal journal) throws IOException {
    List<StoredResource> resources = new ArrayList<>();
    journal.load(resources::add);
    return resources;
  }

  private static StoredResource resource(String name, String body) {
    return new StoredResource(TYPE, name, "v1", ByteString.copyFromUtf8(body));
  }

  private static ResourceChange stored(String name, String body) {
    return new ResourceChange.Stored(resource(name, body));
  }

  @Test
  void emptyDirectoryHasNoState() throws IOException {
    assertThat(loaded(journal())).isEmpty();
  }

  @Test
  void resourcesComeBackAfterARestart() throws IOException {
    try (ResourceJournal journal = journal()) {
      journal.append(List.of(stored("a", "one"), stored("b", "two")));
    }
    assertThat(loaded(journal())).containsExactly(resource("a", "one"), resource("b", "two"));
  }

  @Test
  void laterChangeReplacesAndRemovalRemoves() throws IOException {
    try (ResourceJournal journal = journal()) {
      journal.append(List.of(stored("a", "one"), stored("b", "two")));
      journal.append(List.of(stored("a", "three"), new ResourceChange.Removed(TYPE, "b")));
    }
    assertThat(loaded(journal())).containsExactly(resource("a", "three"));
  }

  @Test
  void resourceThatWasRemovedMayComeAgain() throws IOException {
    try (ResourceJournal journal = journal()) {
      journal.append(List.of(stored("a", "one")));
      journal.append(List.of(new ResourceChange.Removed(TYPE, "a")));
      journal.append(List.of(stored("a", "two")));
    }
    assertThat(loaded(journal())).containsExactly(resource("a", "two"));
  }

  @Test
  void entriesOfAnySizeComeBack() throws IOException {
    String large = "x".repeat(100_000);
    try (ResourceJournal journal = journal()) {
      journal.append(List.of(stored("a", "one"), stored("b", large), stored("c", "three")));
    }
    assertThat(loaded(journal()))
        .containsExactly(resource("a", "one"), resource("b", large), resource("c", "three"));
  }

  @Test
  void writingAnewKeepsWhatLives() throws IOException {
    try (ResourceJournal journal = journal()) {
      journal.append(
          List.of(stored("a", "one"), stored("b", "two"), new ResourceChange.Removed(TYPE, "a")));
    }
    try (ResourceJournal journal = journal()) {
      journal.append(List.of(stored("c", "three")));
      assertThat(loaded(journal)).containsExactly(resource("b", "two"), resource("c", "three"));
    }
  }

  private void writeTwoAndTearTheSecond() throws IOException {
    try (ResourceJournal journal = journal()) {
      journal.append(List.of(stored("a", "one"), stored("b", "two")));
    }
    try (RandomAccessFile raw = new RandomAccessFile(file().toFile(), "rw")) {
      raw.setLength(raw.length() - 2);
    }
  }

  @Test
  void tornTailLosesOnlyTheTornEntry() throws IOException {
    writeTwoAndTearTheSecond();
    assertThat(loaded(journal())).containsExactly(resource("a", "one"));
  }

  @Test
  void lastEntryThatIsNotWholeEndsTheReplay() throws IOException {
    try (ResourceJournal journal = journal()) {
      journal.append(List.of(stored("a", "one"), stored("b", "two")));
    }
    byte[] bytes = Files.readAllBytes(file());
    bytes[bytes.length - 1] ^= 1;
    Files.write(file(), bytes);
    assertThat(loaded(journal())).containsExactly(resource("a", "one"));
  }

  private void writeThreeAndDamage(int at) throws IOException {
    try (ResourceJournal journal = journal()) {
      journal.append(List.of(stored("a", "one"), stored("b", "two"), stored("c", "three")));
    }
    byte[] bytes = Files.readAllBytes(file());
    bytes[at] ^= (byte) 0x80;
    Files.write(file(), bytes);
  }

  @Test
  void stateThatHasLostMoreThanItsEndIsNotUsed() throws IOException {
    for (int at : List.of(JournalCodec.HEADER_BYTES, JournalCodec.HEADER_BYTES + 40)) {
      Files.deleteIfExists(file());
      writeThreeAndDamage(at);
      List<StoredResource> resources = new ArrayList<>();
      try (ResourceJournal journal = journal()) {
        assertThatThrownBy(() -> journal.load(resources::add))
            .isInstanceOf(DamagedJournalException.class)
            .hasMessageContaining("damaged at byte 12 of");
      }
      assertThat(resources).isEmpty();
    }
  }

  @Test
  void stateThatWasWrittenAtOnceHasNoTornEnd() throws IOException {
    try (ResourceJournal journal = journal()) {
      journal.append(List.of(stored("a", "one")));
    }
    long writtenAtOnce = Files.size(file());
    for (long left : List.of(writtenAtOnce - 2, (long) JournalCodec.HEADER_BYTES)) {
      try (ResourceJournal journal = journal()) {
        journal.append(List.of(stored("a", "one")));
      }
      try (ResourceJournal journal = journal()) {
        journal.append(List.of(stored("b", "two")));
      }
      try (RandomAccessFile raw = new RandomAccessFile(file().toFile(), "rw")) {
        raw.setLength(left);
      }
      try (ResourceJournal journal = journal()) {
        assertThatThrownBy(() -> journal.load(_ -> {})).isInstanceOf(DamagedJournalException.class);
      }
    }
  }

  @Test
  void newStateIsKeptInPlaceOfOneThatCannotBeUsed() throws IOException {
    writeThreeAndDamage(JournalCodec.HEADER_BYTES);
    try (ResourceJournal journal = journal()) {
      assertThatThrownBy(() -> journal.load(_ -> {})).isInstanceOf(DamagedJournalException.class);
      journal.append(List.of(stored("d", "four")));
    }
    assertThat(loaded(journal())).containsExactly(resource("d", "four"));
  }

  @Test
  void writingGoesOnAfterDamage() throws IOException {
    writeTwoAndTearTheSecond();
    try (ResourceJournal journal = journal()) {
      journal.append(List.of(stored("c", "three")));
    }
    assertThat(loaded(journal())).containsExactly(resource("a", "one"), resource("c", "three"));
  }

  @Test
  void fileOfAnotherKindIsNotTakenForState() throws IOException {
    Files.writeString(file(), "something else");
    assertThat(loaded(journal())).isEmpty();
  }

  @Test
  void fileIsWrittenAnewWhenItHasOutgrownItsContent() throws IOException {
    try (ResourceJournal journal = new ResourceJournal(file(), 4096)) {
      for (int i = 0; i < 1000; i++) {
        journal.append(List.of(stored("a", "body " + i)));
      }
    }
    assertThat(Files.size(file())).isLessThan(8192);
    assertThat(loaded(journal())).containsExactly(resource("a", "body 999"));
  }

  @Test
  void onlyTheAgentMayReadTheFile() throws IOException {
    try (ResourceJournal journal = journal()) {
      journal.append(List.of(stored("a", "one")));
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
  }

  @Test
  void changesThatCouldNotBeWrittenAreWrittenLater() throws IOException {
    Path missing = directory.resolve("not-yet");
    try (ResourceJournal journal = new ResourceJournal(missing.resolve("journal"), 4096)) {
      assertThatThrownBy(() -> journal.append(List.of(stored("a", "one"))))
          .isInstanceOf(IOException.class);
      assertThat(journal.unwritten()).isEqualTo(1);
      Files.createDirectory(missing);
      journal.append(List.of(stored("b", "two")));
      assertThat(loaded(journal)).containsExactly(resource("a", "one"), resource("b", "two"));
    }
  }
}
