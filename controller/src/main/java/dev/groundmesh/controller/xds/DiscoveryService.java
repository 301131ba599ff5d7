package dev.groundmesh.controller.xds;

import dev.groundmesh.controller.auth.AuthenticationException;
import dev.groundmesh.controller.auth.CallAuthenticator;
import dev.groundmesh.controller.auth.Caller;
import dev.groundmesh.controller.auth.NodeAuthorizer;
import dev.groundmesh.controller.compile.CompiledResources;
import dev.groundmesh.controller.compile.ResourceDelta;
import dev.groundmesh.controller.compile.ResourceSink;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.meshapi.control.ControlPlaneMethods;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The aggregated discovery service, delta variant: serves what the compile publishes.
 *
 * <p>Callers are authenticated before anything of theirs is read. Threads: the compile's thread
 * only notes a change; sending runs on a small pool, one stream at a time on one thread; event
 * loops only move bytes.
 */
public final class DiscoveryService implements ResourceSink, AutoCloseable {

  private final DiscoverySettings settings;
  private final String clusterId;
  private final CallAuthenticator authenticator;
  private final NodeAuthorizer nodes;
  private final Clock clock;
  private final DiscoveryMetrics metrics;
  private final ResourceHistory history;
  private final SyncAdmission admission;
  private final ExecutorService pool;
  private final ScheduledExecutorService timer;
  private final AtomicBoolean flushPending = new AtomicBoolean();
  private final AtomicLong ids = new AtomicLong();
  private final Map<Long, Subscriber> subscribers = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> streamsByAccount = new ConcurrentHashMap<>();
  private volatile boolean closing;

  /**
   * A service that is not yet served.
   *
   * @param clusterId first part of the workloads' uids
   * @param threads that send; the number of cores is enough
   */
  public DiscoveryService(
      DiscoverySettings settings,
      String clusterId,
      CallAuthenticator authenticator,
      NodeAuthorizer nodes,
      MetricRegistry metrics,
      Clock clock,
      int threads) {
    this.settings = settings;
    this.clusterId = clusterId;
    this.authenticator = authenticator;
    this.nodes = nodes;
    this.clock = clock;
    this.metrics = new DiscoveryMetrics(metrics);
    this.history = new ResourceHistory(settings.rememberedNames());
    this.admission = new SyncAdmission(settings.concurrentSyncs());
    this.pool =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().name("xds-", 0).daemon().factory());
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("xds-timer").daemon().factory());
    metrics.gauge(
        "pilot_xds", "Number of endpoints connected to this pilot using XDS.", subscribers::size);
    long patience =
        Math.max(
            50,
            Math.min(settings.firstRequestTimeout().toMillis(), settings.answerTimeout().toMillis())
                / 4);
    timer.scheduleWithFixedDelay(this::checkPatience, patience, patience, TimeUnit.MILLISECONDS);
  }

  /** What the gRPC server serves. */
  public ServerServiceDefinition definition() {
    MethodDescriptor<RequestMessage, ResponseMessage> method =
        ControlPlaneMethods.DELTA_AGGREGATED_RESOURCES.toBuilder(
                RequestMessage.MARSHALLER, ResponseMessage.MARSHALLER)
            .build();
    return ServerServiceDefinition.builder(ControlPlaneMethods.DISCOVERY_SERVICE)
        .addMethod(method, this::startStream)
        .build();
  }

  @Override
  public void publish(CompiledResources snapshot, ResourceDelta delta) {
    history.add(snapshot, delta, System.nanoTime());
    if (flushPending.compareAndSet(false, true)) {
      timer.schedule(this::flush, settings.debounce().toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void flush() {
    flushPending.set(false);
    subscribers.values().forEach(Subscriber::wake);
  }

  private void checkPatience() {
    long now = System.nanoTime();
    subscribers.values().forEach(subscriber -> subscriber.checkPatience(now));
  }

  /** Without it, whoever takes long to send a request counts as silent. */
  public static ServerStreamTracer.Factory tracer() {
    return InboundProgress.FACTORY;
  }

  private ServerCall.Listener<RequestMessage> startStream(
      ServerCall<RequestMessage, ResponseMessage> call, Metadata headers) {
    InboundProgress progress = InboundProgress.KEY.get();
    return authenticator.admit(
        call,
        headers,
        "authentication failure",
        () -> {},
        (caller, peer) -> startStream(call, progress, caller, peer));
  }

  private ServerCall.Listener<RequestMessage> startStream(
      ServerCall<RequestMessage, ResponseMessage> call,
      InboundProgress progress,
      Caller caller,
      String peer) {
    if (closing) {
      return refuse(call, Status.UNAVAILABLE.withDescription("the controller is going down"));
    }
    if (!reserve(caller)) {
      metrics.ended("too_many_streams");
      return refuse(call, Status.RESOURCE_EXHAUSTED.withDescription("too many streams"));
    }
    Subscriber subscriber =
        new Subscriber(
            ids.incrementAndGet(),
            caller,
            agentNode(caller, peer),
            peer,
            clock.instant(),
            this,
            call,
            progress,
            pool);
    subscribers.put(subscriber.id, subscriber);
    call.sendHeaders(new Metadata());
    subscriber.start(admission);
    return subscriber;
  }

  private static ServerCall.Listener<RequestMessage> refuse(
      ServerCall<RequestMessage, ResponseMessage> call, Status status) {
    call.close(status, new Metadata());
    return new ServerCall.Listener<>() {};
  }

  private @Nullable String agentNode(Caller caller, String peer) {
    if (!nodes.isNodeAgent(caller)) {
      return null;
    }
    try {
      return nodes.nodeOf(caller);
    } catch (AuthenticationException e) {
      authenticator.refused(e, peer, "enrolments for " + caller.account());
      return null;
    }
  }

  private static String accountKey(Caller caller) {
    return caller.account() + '@' + caller.node();
  }

  private boolean reserve(Caller caller) {
    if (subscribers.size() >= settings.maxStreams()) {
      return false;
    }
    boolean[] granted = new boolean[1];
    streamsByAccount.compute(
        accountKey(caller),
        (key, count) -> {
          AtomicInteger streams = count == null ? new AtomicInteger() : count;
          if (streams.get() < settings.maxStreamsPerAccount()) {
            streams.incrementAndGet();
            granted[0] = true;
          }
          return streams;
        });
    return granted[0];
  }

  void forget(Subscriber subscriber) {
    if (subscribers.remove(subscriber.id) != null) {
      streamsByAccount.computeIfPresent(
          accountKey(subscriber.caller),
          (key, count) -> count.decrementAndGet() == 0 ? null : count);
    }
  }

  /** Runs a task after a while, on the timer's thread. */
  void later(Duration delay, Runnable task) {
    try {
      timer.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // The service is closed, and all streams with it.
    }
  }

  DiscoverySettings settings() {
    return settings;
  }

  String clusterId() {
    return clusterId;
  }

  ResourceHistory history() {
    return history;
  }

  DiscoveryMetrics metrics() {
    return metrics;
  }

  /** The newest published snapshot; any thread. */
  public CompiledResources newest() {
    return history.newest();
  }

  /** Every connected subscriber, oldest first; any thread. */
  public List<AgentStatus> agents() {
    return subscribers.values().stream()
        .map(Subscriber::status)
        .sorted(Comparator.comparingLong(AgentStatus::id))
        .toList();
  }

  /** How many subscribers there are; any thread. */
  public int connected() {
    return subscribers.size();
  }

  /** When the first change after a revision was published, by {@link System#nanoTime}. */
  public Optional<Long> publishedNanosAfter(long revision) {
    return history.publishedNanosAfter(revision);
  }

  /** Ends all streams, telling them to come back later. */
  public void drain() {
    closing = true;
    Status status = Status.UNAVAILABLE.withDescription("the controller is going down");
    subscribers.values().forEach(subscriber -> subscriber.end(status, "shutdown"));
  }

  @Override
  public void close() {
    drain();
    timer.shutdownNow();
    pool.shutdown();
  }
}
