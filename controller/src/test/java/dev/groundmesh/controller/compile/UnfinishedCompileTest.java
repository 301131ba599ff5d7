package dev.groundmesh.controller.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.Pod;
import dev.groundmesh.controller.source.ObjectChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What becomes of changes when something throws that never should. */
class UnfinishedCompileTest {
  private final List<CompiledResources> published = new ArrayList<>();
  private boolean sinkFails;
  private final MeshCompiler compiler =
      new MeshCompiler(
          CompileSettings.folderDefaults(),
          AutoAddresses.inMemory(),
          (all, delta) -> {
            if (sinkFails) {
              throw new IllegalStateException("the sink fails");
            }
            published.add(all);
          },
          (changed, removed) -> {});

  @Test
  void whatCannotBeCompiledStaysAsItWasWhileTheRestGoesOn() {
    put(pod("a", "10.0.0.1"));

    assertThatThrownBy(() -> put(broken("a"), pod("b", "10.0.0.2")))
        .isInstanceOf(UnfinishedException.class)
        .hasMessageContaining("shop/a");

    assertThat(newest().lookup("/10.0.0.1")).hasSize(1);
    assertThat(newest().lookup("/10.0.0.2")).hasSize(1);
  }

  @Test
  void itIsToldWithEveryCallUntilItIsMended() {
    put(pod("a", "10.0.0.1"));
    assertThatThrownBy(() -> put(broken("a"))).isInstanceOf(UnfinishedException.class);
    assertThatThrownBy(() -> put(pod("b", "10.0.0.2"))).hasMessageContaining("shop/a");

    put(pod("a", "10.0.0.3"));
    put();

    assertThat(newest().lookup("/10.0.0.1")).isEmpty();
    assertThat(newest().lookup("/10.0.0.3")).hasSize(1);
  }

  @Test
  void aCauseIsNamedOnceHoweverManyObjectsItHits() {
    put();

    assertThatThrownBy(() -> put(broken("a"), broken("b")))
        .hasMessageContaining("shop/a")
        .hasMessageNotContaining("shop/b");
  }

  @Test
  void whatCouldNotBePublishedIsPublishedWithTheNextCall() {
    put(pod("a", "10.0.0.1"));
    sinkFails = true;
    assertThatThrownBy(() -> put(pod("b", "10.0.0.2"))).hasMessage("the sink fails");
    sinkFails = false;

    put();

    assertThat(newest().lookup("/10.0.0.2")).hasSize(1);
  }

  @Test
  void theFirstPublicationWaitsForEverything() {
    assertThatThrownBy(() -> put(broken("a"), pod("b", "10.0.0.2")))
        .isInstanceOf(UnfinishedException.class);
    assertThat(published).isEmpty();

    put(pod("a", "10.0.0.1"));

    assertThat(newest().lookup("/10.0.0.1")).hasSize(1);
    assertThat(newest().lookup("/10.0.0.2")).hasSize(1);
  }

  private CompiledResources newest() {
    return published.getLast();
  }

  private void put(MeshObject... objects) {
    List<ObjectChange> changes = new ArrayList<>();
    for (MeshObject object : objects) {
      changes.add(new ObjectChange.Put(object, List.of()));
    }
    compiler.changed(changes);
  }

  private static Pod pod(String name, String address) {
    return pod(name, "web", address);
  }

  /** What no reader makes: it stands for a fault in the compile. */
  @SuppressWarnings("NullAway")
  private static Pod broken(String name) {
    return pod(name, null, "10.0.0.9");
  }

  private static Pod pod(String name, String workloadName, String address) {
    return new Pod(
        Metadata.named("shop", name, Map.of()),
        workloadName,
        "node-1",
        "default",
        false,
        Map.of(),
        List.of(address),
        false,
        true);
  }
}
