package dev.groundmesh.controller.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ManifestSetTest {

  private static final String A = "{apiVersion: v1, kind: Namespace, metadata: {name: a}}";
  private static final String A_LABELLED =
      "{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {x: y}}}";
  private static final String GOOD =
      "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80}]}}";
  private static final String BAD =
      "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: x}]}}";

  private final ManifestTexts set = new ManifestTexts();

  @Test
  void theSameContentAgainChangesNothing() {
    set.write("a.yaml", A);

    assertThat(set.write("a.yaml", "# rewritten\n" + A)).isEmpty();
  }

  @Test
  void aBadVersionIsRejectedAndTheNextGoodOneIsTaken() {
    assertThat(set.write("s.yaml", GOOD)).hasOnlyElementsOfType(ObjectChange.Put.class);
    assertThat(set.write("s.yaml", BAD)).hasOnlyElementsOfType(ObjectChange.Rejected.class);
    assertThat(set.write("s.yaml", GOOD)).hasOnlyElementsOfType(ObjectChange.Put.class);
  }

  @Test
  void nothingIsRemovedByAFileThatCannotBeParsed() {
    set.write("a.yaml", A + "\n---\n" + GOOD);

    List<ObjectChange> changes = set.write("a.yaml", A + "\n---\n{apiVersion: v1, kind: [");

    assertThat(changes).hasOnlyElementsOfType(ObjectChange.FileState.class);
    assertThat(set.write("a.yaml", A))
        .anyMatch(c -> c instanceof ObjectChange.Remove)
        .anyMatch(c -> c instanceof ObjectChange.FileState f && f.problems().isEmpty());
  }

  @Test
  void theSecondFileWithAnObjectIsReportedAndDoesNotTakeOver() {
    set.write("b.yaml", A);

    List<ObjectChange> changes = set.write("a.yaml", A_LABELLED);

    assertThat(changes)
        .singleElement()
        .isInstanceOfSatisfying(
            ObjectChange.Put.class,
            put -> {
              assertThat(put.object().metadata().labels()).isEmpty();
              assertThat(put.warnings().getFirst().message())
                  .contains("a.yaml", "Namespace a again", "b.yaml counts");
            });
  }

  @Test
  void theSecondFileTakesOverWhenTheFirstIsGone() {
    set.write("a.yaml", A);
    set.write("b.yaml", A_LABELLED);

    assertThat(set.delete("a.yaml"))
        .singleElement()
        .isInstanceOfSatisfying(
            ObjectChange.Put.class,
            put -> assertThat(put.object().metadata().labels()).containsEntry("x", "y"));
  }

  @Test
  void anObjectTwiceInOneFileIsReported() {
    assertThat(set.write("a.yaml", A + "\n---\n" + A_LABELLED))
        .anyMatch(
            c ->
                c instanceof ObjectChange.FileState f
                    && f.problems().getFirst().message().contains("Namespace a twice"));
  }
}
