package dev.groundmesh.controller.kubernetes;

import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.source.ObjectChange;
import dev.groundmesh.controller.source.ObjectListener;
import dev.groundmesh.controller.source.ObjectSource;
import dev.groundmesh.controller.source.Teller;
import dev.groundmesh.controller.thread.Threads;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * The objects of a cluster, listed at the start and watched from then on.
 *
 * <p>A virtual thread for each kind talks to the API server; one platform thread, {@code
 * kubernetes}, compares what they heard with what the listener knows and calls it. The first call
 * waits for all kinds. A kind that the cluster does not have counts as empty and is looked for
 * again.
 */
public final class KubernetesSource implements ObjectSource {

  /** Pods name their service account themselves: nothing is read from the object. */
  private static final Set<Kind> KINDS =
      Collections.unmodifiableSet(EnumSet.complementOf(EnumSet.of(Kind.SERVICE_ACCOUNT)));

  private final WatchSettings settings;
  private final WatchMetrics metrics;
  private final PendingChanges pending;
  private final KnownObjects known = new KnownObjects();
  private final List<KindWatch> watches = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();

  private KubernetesSource(WatchSettings settings, MetricRegistry registry) {
    this.settings = settings;
    this.metrics = new WatchMetrics(registry);
    this.pending = new PendingChanges(KINDS, System::nanoTime);
    metrics.show(pending);
  }

  /** A source that has yet to be started. The client stays the caller's, to be closed later. */
  public static KubernetesSource open(
      KubernetesClient client, WatchSettings settings, MetricRegistry registry) {
    KubernetesSource source = new KubernetesSource(settings, registry);
    ApiRequests api = new ApiRequests(client);
    ApiPaths paths = new ApiPaths(api);
    RandomGenerator random = new Random();
    for (Kind kind : KINDS) {
      source.watches.add(
          new KindWatch(
              kind,
              api,
              paths,
              source.pending,
              settings,
              source.metrics,
              System::nanoTime,
              random));
    }
    return source;
  }

  /** The kinds that are read from a cluster. */
  public static Set<Kind> kinds() {
    return KINDS;
  }

  /** The kinds whose first list is still missing, so that nothing has been told yet. */
  public Set<Kind> missing() {
    return pending.unlisted();
  }

  @Override
  public void start(ObjectListener listener) {
    threads.add(Thread.ofPlatform().name("kubernetes").daemon().start(() -> tell(listener)));
    for (KindWatch watch : watches) {
      threads.add(Thread.ofVirtual().name("watch-" + watch.kind().plural()).start(watch));
    }
    threads.add(Thread.ofVirtual().name("watch-silence").start(this::endSilentWatches));
  }

  private void tell(ObjectListener listener) {
    Teller teller = new Teller(listener, System::nanoTime);
    boolean first = true;
    try {
      while (true) {
        Optional<PendingChanges.Batch> heard = pending.take(teller.patienceNanos());
        if (heard.isEmpty()) {
          teller.tell(List.of());
          continue;
        }
        PendingChanges.Batch batch = heard.get();
        List<ObjectChange> changes = known.apply(batch);
        changes.stream().map(KubernetesSource::kind).distinct().forEach(this::count);
        if (!changes.isEmpty() || first) {
          teller.tell(changes);
          metrics.applied((System.nanoTime() - batch.since()) / 1e9);
        }
        first = false;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Kind kind(ObjectChange change) {
    return switch (change) {
      case ObjectChange.Put put -> put.object().kind();
      case ObjectChange.Remove remove -> remove.key().kind();
      case ObjectChange.Rejected rejected -> rejected.key().kind();
      case ObjectChange.FileState file ->
          throw new IllegalArgumentException(file.file() + " (expected: an object)");
    };
  }

  private void count(Kind kind) {
    metrics.count(kind, known.count(kind), known.rejected(kind));
  }

  private void endSilentWatches() {
    try {
      while (true) {
        Thread.sleep(settings.silence().dividedBy(8));
        watches.forEach(KindWatch::endIfSilent);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    Threads.end(threads);
  }
}
