package dev.groundmesh.controller.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.leader.SoleReplica;
import dev.groundmesh.controller.metrics.MetricRegistry;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Root certificates in the namespaces of a real cluster, under a name of the test's own. */
@Tag("cluster")
@Timeout(60)
class RootConfigMapsTest {

  private TestNamespace namespace;
  private RootConfigMaps maps;

  @BeforeEach
  void start() throws Exception {
    namespace = new TestNamespace();
    maps =
        RootConfigMaps.start(
            namespace.client, new SoleReplica(), new MetricRegistry(), namespace.name);
    maps.want("roots");
    awaitRoots(namespace.name, "roots");
  }

  @AfterEach
  void stop() {
    maps.close();
    namespace
        .client
        .configMaps()
        .inAnyNamespace()
        .withField("metadata.name", namespace.name)
        .delete();
    namespace.close();
  }

  @Test
  void everyNamespaceHasThem() throws Exception {
    for (var one : namespace.client.namespaces().list().getItems()) {
      if (one.getMetadata().getDeletionTimestamp() == null) {
        awaitRoots(one.getMetadata().getName(), "roots");
      }
    }
  }

  @Test
  void changedRootsReachEveryNamespace() throws Exception {
    maps.want("others");
    awaitRoots(namespace.name, "others");
    awaitRoots("default", "others");
  }

  @Test
  void editedOnesAreRepaired() throws Exception {
    map(namespace.name)
        .edit(
            map -> {
              map.setData(Map.of("root-cert.pem", "edited"));
              return map;
            });
    awaitRoots(namespace.name, "roots");
  }

  @Test
  void deletedOnesAreMadeAgain() throws Exception {
    map(namespace.name).delete();
    awaitRoots(namespace.name, "roots");
  }

  @Test
  void namespaceMadeLaterHasThem() throws Exception {
    String later = namespace.name + "-later";
    namespace.make(later);
    try {
      awaitRoots(later, "roots");
    } finally {
      namespace.client.namespaces().withName(later).delete();
    }
  }

  @Test
  void terminatingNamespaceIsLeftAlone() throws Exception {
    MetricRegistry metrics = new MetricRegistry();
    try (RootConfigMaps second =
        RootConfigMaps.start(namespace.client, new SoleReplica(), metrics, namespace.name + "-2")) {
      second.want("roots");
      String doomed = namespace.name + "-doomed";
      namespace.make(doomed);
      namespace.client.namespaces().withName(doomed).delete();
      TestNamespace.await(
          "the namespace's end",
          () -> namespace.client.namespaces().withName(doomed).get() == null);
      assertThat(metrics.scrape()).contains("groundmesh_root_configmap_failures_total 0");
    } finally {
      namespace
          .client
          .configMaps()
          .inAnyNamespace()
          .withField("metadata.name", namespace.name + "-2")
          .delete();
    }
  }

  private Resource<ConfigMap> map(String in) {
    return namespace.client.configMaps().inNamespace(in).withName(namespace.name);
  }

  private void awaitRoots(String in, String roots) throws Exception {
    TestNamespace.await(
        "roots in " + in,
        () -> {
          ConfigMap found = map(in).get();
          return found != null && roots.equals(found.getData().get(RootConfigMaps.KEY));
        });
  }
}
