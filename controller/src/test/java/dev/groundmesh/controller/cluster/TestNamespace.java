package dev.groundmesh.controller.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Callable;

/** A namespace of one test in the cluster that the environment's kubeconfig names. */
public final class TestNamespace implements AutoCloseable {

  public final KubernetesClient client;
  public final String name;

  public TestNamespace() throws Exception {
    client = ApiServer.client(null, "");
    name = "controller-test-" + UUID.randomUUID().toString().substring(0, 8);
    make(name);
  }

  void make(String namespace) {
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(namespace)
                .addToLabels("app.kubernetes.io/part-of", "groundmesh-test")
                .endMetadata()
                .build())
        .create();
  }

  public static void await(String what, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  @Override
  public void close() {
    client.namespaces().withName(name).delete();
    client.close();
  }
}
