package dev.groundmesh.controller.cluster;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;

/** Tells when one Secret may have changed. */
public final class SecretWatch implements AutoCloseable {

  private final SharedIndexInformer<Secret> informer;

  private SecretWatch(SharedIndexInformer<Secret> informer) {
    this.informer = informer;
  }

  /**
   * Begins to watch, whether the API server answers yet or not.
   *
   * @param changed called on a thread of the client's; must not block
   */
  public static SecretWatch start(
      KubernetesClient client, String namespace, String name, Runnable changed) {
    SharedIndexInformer<Secret> informer =
        client.secrets().inNamespace(namespace).withName(name).runnableInformer(0);
    informer.addEventHandler(
        new ResourceEventHandler<Secret>() {
          @Override
          public void onAdd(Secret secret) {
            changed.run();
          }

          @Override
          public void onUpdate(Secret old, Secret secret) {
            changed.run();
          }

          @Override
          public void onDelete(Secret secret, boolean unknown) {
            changed.run();
          }
        });
    informer.exceptionHandler((started, problem) -> true);
    var _ = informer.start();
    return new SecretWatch(informer);
  }

  @Override
  public void close() {
    informer.stop();
  }
}
