package dev.groundmesh.nodeagent.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NameCandidatesTest {
  private final NameCandidates candidates =
      new NameCandidates("cluster.local", List.of("example.internal"));

  private List<String> names(String name) {
    return candidates.of(name, "shop").stream().map(NameCandidates.Candidate::name).toList();
  }

  @Test
  void oneLabelIsAServiceOfTheClientsNamespace() {
    assertThat(names("web")).containsExactly("web", "web.shop.svc.cluster.local");
  }

  @Test
  void twoLabelsAreAServiceAndItsNamespaceOrAPodAndItsService() {
    assertThat(names("db-0.db"))
        .containsExactly("db-0.db", "db-0.db.svc.cluster.local", "db-0.db.shop.svc.cluster.local");
  }

  @Test
  void threeLabelsThatEndInSvcAreCompletedByTheDomain() {
    assertThat(names("web.shop.svc"))
        .containsExactly(
            "web.shop.svc", "web.shop.svc.cluster.local", "web.shop.svc.svc.cluster.local");
  }

  @Test
  void nameWithASearchDomainIsTriedWithoutItAndRemembersWhatWasLeft() {
    assertThat(candidates.of("api.example.com.shop.svc.cluster.local", "shop"))
        .contains(new NameCandidates.Candidate("api.example.com", "api.example.com"));
  }

  @Test
  void searchDomainOfTheAgentsEnvironmentIsStrippedToo() {
    assertThat(candidates.of("web.example.internal", "shop"))
        .contains(new NameCandidates.Candidate("web.shop.svc.cluster.local", "web"));
  }

  @Test
  void fullNameComesFirstUnstripped() {
    assertThat(candidates.of("web.shop.svc.cluster.local", "shop").getFirst())
        .isEqualTo(new NameCandidates.Candidate("web.shop.svc.cluster.local", ""));
  }
}
