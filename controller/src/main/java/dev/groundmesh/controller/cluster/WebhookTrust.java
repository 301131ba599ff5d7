package dev.groundmesh.controller.cluster;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.controller.kubernetes.ApiRequests;
import dev.groundmesh.controller.leader.Leadership;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the API server which roots to trust when it calls our webhooks: the replica that leads
 * writes them into each {@code caBundle} of the webhook configuration, if there is one.
 */
public final class WebhookTrust implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(WebhookTrust.class);
  private static final String PATH =
      "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/";
  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration RETRY = Duration.ofSeconds(2);

  private final ApiRequests api;
  private final String name;
  private final Leadership leadership;
  private final ScheduledExecutorService thread;
  private final SharedIndexInformer<ValidatingWebhookConfiguration> informer;
  private final AtomicBoolean pending = new AtomicBoolean();
  private volatile String wanted = "";
  private String told = "";

  private WebhookTrust(KubernetesClient client, String name, Leadership leadership) {
    this.api = new ApiRequests(client);
    this.name = name;
    this.leadership = leadership;
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("webhook-trust").daemon().factory());
    this.informer =
        client
            .admissionRegistration()
            .v1()
            .validatingWebhookConfigurations()
            .withName(name)
            .runnableInformer(0);
  }

  /**
   * Begins to watch, whether the API server answers yet or not.
   *
   * @param name of the webhook configuration
   */
  public static WebhookTrust start(KubernetesClient client, String name, Leadership leadership) {
    WebhookTrust trust = new WebhookTrust(client, name, leadership);
    trust.informer.addEventHandler(
        new ResourceEventHandler<ValidatingWebhookConfiguration>() {
          @Override
          public void onAdd(ValidatingWebhookConfiguration object) {
            trust.look(Duration.ZERO);
          }

          @Override
          public void onUpdate(
              ValidatingWebhookConfiguration old, ValidatingWebhookConfiguration object) {
            trust.look(Duration.ZERO);
          }

          @Override
          public void onDelete(ValidatingWebhookConfiguration object, boolean unknown) {
            // The mesh works without.
          }
        });
    trust.informer.exceptionHandler((started, problem) -> true);
    var _ = trust.informer.start();
    leadership.listen(
        new Leadership.Listener() {
          @Override
          public void gained() {
            trust.look(Duration.ZERO);
          }

          @Override
          public void lost() {
            // Whatever is pending asks whether it still leads.
          }
        });
    return trust;
  }

  /** What the API server is to trust from now on, PEM. Any thread; cheap if nothing changed. */
  public void want(String rootsPem) {
    if (!rootsPem.equals(wanted)) {
      wanted = rootsPem;
      look(Duration.ZERO);
    }
  }

  private void look(Duration delay) {
    if (!thread.isShutdown() && pending.compareAndSet(false, true)) {
      thread.schedule(this::compare, delay.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void compare() {
    pending.set(false);
    ValidatingWebhookConfiguration found = informer.getStore().getByKey(name);
    if (found == null || wanted.isEmpty() || !leadership.isLeader()) {
      return;
    }
    String bundle = Base64.getEncoder().encodeToString(wanted.getBytes(StandardCharsets.UTF_8));
    ObjectNode patch = JSON.createObjectNode();
    ArrayNode webhooks = patch.putArray("webhooks");
    for (ValidatingWebhook webhook : found.getWebhooks()) {
      if (!bundle.equals(webhook.getClientConfig().getCaBundle())) {
        webhooks
            .addObject()
            .put("name", webhook.getName())
            .putObject("clientConfig")
            .put("caBundle", bundle);
      }
    }
    if (webhooks.isEmpty()) {
      told = "";
      return;
    }
    try {
      api.send("PATCH", PATH + name, ApiRequests.STRATEGIC_MERGE_PATCH, patch);
      told = "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      String problem = String.valueOf(e.getMessage());
      if (!problem.equals(told) && !thread.isShutdown()) {
        told = problem;
        log.error("ValidatingWebhookConfiguration {}: cannot be written: {}", name, problem);
      }
      look(RETRY);
    }
  }

  @Override
  public void close() {
    informer.stop();
    thread.shutdownNow();
  }
}
