package dev.groundmesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.e2e.app.Place;
import dev.groundmesh.e2e.cluster.Await;
import dev.groundmesh.e2e.cluster.Await.Seen;
import dev.groundmesh.e2e.mesh.Mesh;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the control plane does for a cluster, and what it and the agents may do in it. */
@EndToEndTest
class ControlPlaneTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String ROOTS = "istio-ca-root-cert";
  private static final String KEY = "root-cert.pem";

  @Test
  void aNewNamespaceHasTheRootsAndAnEditIsRepaired(Scene scene) {
    Place place = scene.place("roots");
    String roots = awaitRoots(place);
    assertThat(roots).contains("BEGIN CERTIFICATE");
    map(place)
        .edit(
            map -> {
              map.setData(Map.of(KEY, "edited"));
              return map;
            });
    assertThat(awaitRoots(place)).isEqualTo(roots);
    map(place).delete();
    assertThat(awaitRoots(place)).isEqualTo(roots);
  }

  @Test
  void aPolicyThatCannotBeUnderstoodIsRefusedByTheNameOfItsField(Scene scene) {
    Place place = scene.place("refused");
    assertThatThrownBy(
            () ->
                place.apply(
                    """
                    apiVersion: security.istio.io/v1
                    kind: AuthorizationPolicy
                    metadata:
                      name: wrong
                    spec:
                      action: DENY
                      rules:
                        - from:
                            - source:
                                ipBlocks: [10.0.0.0/99]
                    """))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining(
            "spec.rules[0].from[0].source.ipBlocks: 10.0.0.0/99 (expected: an IP address or range)");
  }

  @Test
  void theAgentsAccountMayReadNothing(Scene scene) {
    List<String> allowed = new ArrayList<>();
    for (String resource :
        List.of("pods", "nodes", "namespaces", "services", "secrets", "configmaps")) {
      for (String verb : List.of("get", "list", "watch", "create", "patch", "delete")) {
        if (mayTheAgent(scene, verb, resource)) {
          allowed.add(verb + ' ' + resource);
        }
      }
    }
    assertThat(allowed).isEmpty();
  }

  @Test
  void oneControllerLeadsAndAllAreAllowedWhatTheyNeed(Scene scene) {
    Await.until(
        "one leader, no permission missing, a certificate authority in order",
        LIMIT,
        () -> {
          List<String> metrics = scene.mesh().controllers().stream().map(this::metrics).toList();
          long leaders = metrics.stream().filter(one -> has(one, "groundmesh_leader 1")).count();
          boolean inOrder =
              metrics.stream()
                  .allMatch(
                      one ->
                          has(one, "groundmesh_permissions_missing 0")
                              && has(one, "groundmesh_ca_in_order 1"));
          return new Seen(leaders == 1 && inOrder, leaders + " leaders, in order: " + inOrder);
        });
  }

  private static boolean has(String metrics, String line) {
    return metrics.lines().anyMatch(line::equals);
  }

  private String metrics(Pod controller) {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(
                      URI.create("http://" + controller.getStatus().getPodIP() + ":15014/metrics"))
                  .timeout(Duration.ofSeconds(5))
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      return e.toString();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static boolean mayTheAgent(Scene scene, String verb, String resource) {
    SubjectAccessReview asked =
        new SubjectAccessReviewBuilder()
            .withNewSpec()
            .withUser("system:serviceaccount:" + Mesh.NAMESPACE + ':' + Mesh.AGENT)
            .withGroups(
                "system:serviceaccounts",
                "system:serviceaccounts:" + Mesh.NAMESPACE,
                "system:authenticated")
            .withNewResourceAttributes()
            .withNamespace(Mesh.NAMESPACE)
            .withVerb(verb)
            .withResource(resource)
            .endResourceAttributes()
            .endSpec()
            .build();
    return scene.cluster().client().resource(asked).create().getStatus().getAllowed();
  }

  private static Resource<ConfigMap> map(Place place) {
    return place.cluster().client().configMaps().inNamespace(place.name()).withName(ROOTS);
  }

  private static String awaitRoots(Place place) {
    String[] found = {""};
    Await.until(
        "root certificates in " + place.name(),
        LIMIT,
        () -> {
          ConfigMap map = map(place).get();
          found[0] = map == null ? "" : String.valueOf(map.getData().get(KEY));
          return new Seen(found[0].contains("BEGIN"), found[0]);
        });
    return found[0];
  }
}
