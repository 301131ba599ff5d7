package dev.groundmesh.controller.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderSourceTest {

  @TempDir Path folder;
  @TempDir Path state;
  private final LinkedBlockingQueue<List<ObjectChange>> calls = new LinkedBlockingQueue<>();
  private FolderSource source;

  @BeforeEach
  void open() throws IOException {
    source = FolderSource.open(folder, System::nanoTime, state.resolve("last-good"));
  }

  @AfterEach
  void close() {
    source.close();
  }

  @Test
  void theFirstCallBringsEverythingEvenIfThatIsNothing() throws InterruptedException {
    source.start(calls::add);

    assertThat(calls.poll(20, TimeUnit.SECONDS)).isEmpty();
  }

  @Test
  void whatIsThereAtTheStartComesInOneCall() throws Exception {
    namespace(folder.resolve("a.yaml"), "a");
    namespace(Files.createDirectories(folder.resolve("sub/deeper")).resolve("b.yml"), "b");
    source.start(calls::add);

    assertThat(calls.poll(20, TimeUnit.SECONDS)).hasSize(2);
  }

  @Test
  void filesAndFoldersThatAppearChangeAndGoAreNoticed() throws Exception {
    source.start(calls::add);

    namespace(folder.resolve("a.yaml"), "a");
    await(c -> isPut(c, "a"));
    namespace(Files.createDirectories(folder.resolve("sub")).resolve("b.yaml"), "b");
    await(c -> isPut(c, "b"));
    namespace(folder.resolve("a.yaml"), "c");
    await(c -> isPut(c, "c"));
    Files.delete(folder.resolve("sub/b.yaml"));
    await(c -> c instanceof ObjectChange.Remove gone && gone.key().name().equals("b"));
  }

  @Test
  void anEditorsAtomicReplacementIsOneChange() throws Exception {
    Path file = folder.resolve("a.yaml");
    namespace(file, "a");
    source.start(calls::add);
    await(c -> isPut(c, "a"));

    Path partial = folder.resolve(".a.yaml.swp");
    Files.writeString(
        partial, "{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {x: y}}}");
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);

    List<ObjectChange> seen = await(c -> isPut(c, "a"));
    assertThat(seen).noneMatch(c -> c instanceof ObjectChange.Remove);
  }

  @Test
  void aFolderMovedAwayTakesItsObjectsWithIt() throws Exception {
    Path sub = Files.createDirectories(folder.resolve("sub"));
    namespace(sub.resolve("a.yaml"), "a");
    source.start(calls::add);
    await(c -> isPut(c, "a"));

    Files.move(sub, folder.resolve(".sub"));

    await(c -> c instanceof ObjectChange.Remove gone && gone.key().name().equals("a"));
  }

  @Test
  void hiddenFoldersAreNotRead() throws Exception {
    namespace(Files.createDirectories(folder.resolve(".status")).resolve("a.yaml"), "a");
    source.start(calls::add);

    assertThat(calls.poll(20, TimeUnit.SECONDS)).isEmpty();
  }

  @Test
  void aPolicyBrokenBeforeARestartIsStillInEffectAfterIt() throws Exception {
    Path file = folder.resolve("policy.yaml");
    String good =
        "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: p}, spec: {action: DENY, rules: [{}]}}";
    Files.writeString(file, good);
    source.start(calls::add);
    await(c -> isPut(c, "p"));
    source.close();
    Files.writeString(file, good.replace("rules", "ruels"));
    source = FolderSource.open(folder, System::nanoTime, state.resolve("last-good"));
    source.start(calls::add);

    List<ObjectChange> first = await(c -> c instanceof ObjectChange.Rejected);
    assertThat(first).first().matches(c -> isPut(c, "p"));
  }

  @Test
  void bytesThatAreNoTextAreAProblemOfTheFile() throws Exception {
    Files.write(folder.resolve("a.yaml"), new byte[] {(byte) 0xc3, 0x28});
    source.start(calls::add);

    await(
        c ->
            c instanceof ObjectChange.FileState f
                && f.problems().getFirst().message().contains("UTF-8"));
  }

  @Test
  void aListenerThatThrewIsCalledAgainWithoutAChange() throws Exception {
    AtomicBoolean fails = new AtomicBoolean(true);
    source.start(
        changes -> {
          calls.add(changes);
          if (fails.getAndSet(false)) {
            throw new IllegalStateException("once");
          }
        });
    assertThat(calls.poll(20, TimeUnit.SECONDS)).isEmpty();

    assertThat(calls.poll(20, TimeUnit.SECONDS)).isEmpty();
  }

  private List<ObjectChange> await(Predicate<ObjectChange> wanted) throws InterruptedException {
    List<ObjectChange> seen = new ArrayList<>();
    while (true) {
      List<ObjectChange> call = calls.poll(20, TimeUnit.SECONDS);
      assertThat(call).as("a change, after %s", seen).isNotNull();
      seen.addAll(call);
      if (call.stream().anyMatch(wanted)) {
        return seen;
      }
    }
  }

  private static boolean isPut(ObjectChange change, String name) {
    return change instanceof ObjectChange.Put put && put.object().metadata().name().equals(name);
  }

  private static void namespace(Path file, String name) throws IOException {
    Files.writeString(file, "{apiVersion: v1, kind: Namespace, metadata: {name: " + name + "}}\n");
  }
}
