package dev.groundmesh.controller.cluster;

import dev.groundmesh.controller.metrics.MetricRegistry;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the API server at the start whether the controller's account may do all that it needs, so
 * that a role that lacks something is told at once and not by what fails later.
 */
public final class AccessCheck implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(AccessCheck.class);
  private static final Duration RETRY = Duration.ofSeconds(5);

  private final KubernetesClient client;
  private final String namespace;
  private final String controller;
  private final String rootConfigMap;
  private final AtomicInteger missing = new AtomicInteger();
  private final Thread thread;

  private AccessCheck(
      KubernetesClient client,
      String namespace,
      String controller,
      String rootConfigMap,
      MetricRegistry metrics) {
    this.client = client;
    this.namespace = namespace;
    this.controller = controller;
    this.rootConfigMap = rootConfigMap;
    this.thread = Thread.ofVirtual().name("access-check").unstarted(this::run);
    metrics.gauge(
        "groundmesh_permissions_missing",
        "What the controller's account was not allowed at the start, of what it needs.",
        missing::get);
  }

  /**
   * Asks in the background, until there is an answer.
   *
   * @param namespace that the controller is installed in
   * @param controller the name of its lease and its webhook configuration
   * @param rootConfigMap the name of the ConfigMap with the roots
   */
  public static AccessCheck start(
      KubernetesClient client,
      String namespace,
      String controller,
      String rootConfigMap,
      MetricRegistry metrics) {
    AccessCheck check = new AccessCheck(client, namespace, controller, rootConfigMap, metrics);
    check.thread.start();
    return check;
  }

  private void run() {
    try {
      while (true) {
        // What serves comes first.
        Thread.sleep(RETRY);
        try {
          List<String> lacking = lacking();
          missing.set(lacking.size());
          lacking.forEach(
              one -> log.error("not allowed: {} (expected: a role that allows it)", one));
          return;
        } catch (KubernetesClientException e) {
          log.debug("not answered: {}", ApiServer.reason(e));
        }
      }
    } catch (InterruptedException e) {
      // The controller stops.
    }
  }

  private List<String> lacking() {
    List<String> lacking = new ArrayList<>();
    for (Permission permission : Permissions.everywhere(controller, rootConfigMap)) {
      lacking(permission, "", lacking);
    }
    for (Permission permission : Permissions.inItsNamespace(controller)) {
      lacking(permission, namespace, lacking);
    }
    return lacking;
  }

  private void lacking(Permission permission, String in, List<String> lacking) {
    String[] resource = permission.resource().split("/", 2);
    Set<String> names = permission.names().isEmpty() ? Set.of("") : permission.names();
    for (String name : names) {
      for (String verb : permission.verbs()) {
        SelfSubjectAccessReview asked =
            new SelfSubjectAccessReviewBuilder()
                .withNewSpec()
                .withNewResourceAttributes()
                .withGroup(permission.group())
                .withResource(resource[0])
                .withSubresource(resource.length > 1 ? resource[1] : "")
                .withNamespace(in)
                .withName(name)
                .withVerb(verb)
                .endResourceAttributes()
                .endSpec()
                .build();
        if (!client.resource(asked).create().getStatus().getAllowed()) {
          lacking.add(
              verb
                  + ' '
                  + permission.resource()
                  + (permission.group().isEmpty() ? "" : '.' + permission.group())
                  + (name.isEmpty() ? "" : ' ' + name)
                  + (in.isEmpty() ? "" : " in namespace " + in));
        }
      }
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
