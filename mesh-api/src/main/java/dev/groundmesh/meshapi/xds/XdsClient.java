package dev.groundmesh.meshapi.xds;

import dev.groundmesh.meshapi.control.CallEnd;
import dev.groundmesh.meshapi.control.ControlPlaneMethods;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryRequest;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;
import dev.groundmesh.meshapi.proto.discovery.Node;
import dev.groundmesh.meshapi.proto.discovery.Resource;
import dev.groundmesh.meshapi.proto.discovery.Status;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.wire.DecodedResponse;
import dev.groundmesh.meshapi.wire.ResourceType;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the control plane by delta ADS: one stream for all types, kept for ever. A stream that
 * breaks is begun anew with the versions of what is held, so nothing is lost and little is sent
 * twice.
 *
 * <p>All state belongs to the executor's one thread, on which handlers and observer are called and
 * futures complete. The methods are for any thread.
 */
public final class XdsClient implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(XdsClient.class);

  /** Bytes. */
  private static final int MAX_MESSAGE = 200 * 1024 * 1024;

  /** Characters of a NACK's message; the log has the rest. */
  private static final int MAX_ERROR_TEXT = 4096;

  private static final int INVALID_ARGUMENT = 3;
  private static final String ALL = "*";

  private final ChannelSource channels;
  private final Node node;
  private final Map<ResourceType, Followed> followed = new EnumMap<>(ResourceType.class);
  private final ScheduledExecutorService owner;
  private final InstantSource clock;
  private final XdsObserver observer;
  private final StreamPause pause = new StreamPause();

  private @Nullable Stream stream;
  private @Nullable Future<?> retry;
  private volatile boolean closed;
  private boolean connected;
  private @Nullable String lastError;

  private volatile XdsStatus status;

  /**
   * Connects to nothing yet.
   *
   * @param node who we are; its {@code id} is {@code
   *     ztunnel~<podIP>~<podName>.<podNs>~<podNs>.svc.cluster.local}
   * @param subscriptions at most one of a type
   * @param owner single-threaded; may be shared with the handlers' own work
   */
  public XdsClient(
      ChannelSource channels,
      Node node,
      List<Subscription> subscriptions,
      ScheduledExecutorService owner,
      InstantSource clock,
      XdsObserver observer) {
    this.channels = channels;
    this.node = node;
    this.owner = owner;
    this.clock = clock;
    this.observer = observer;
    for (Subscription subscription : subscriptions) {
      if (followed.put(subscription.type(), new Followed(subscription)) != null) {
        throw new IllegalArgumentException(
            "subscriptions: " + subscription.type() + " twice (expected: once)");
      }
    }
    this.status = snapshot();
  }

  /** Begins the first stream. */
  public void start() {
    owner.execute(this::connect);
  }

  /** How up to date the client is. */
  public XdsStatus status() {
    return status;
  }

  /**
   * Asks for a resource of a type that is subscribed to on demand.
   *
   * @param name {@code <network>/<ip>}, {@code <namespace>/<hostname>} or a uid
   * @return completes when the control plane has answered, be it that there is none, and the
   *     handler has applied the answer. Stays open while the control plane cannot be reached; the
   *     caller sets its own bound
   */
  public CompletableFuture<Void> demand(ResourceType type, String name) {
    CompletableFuture<Void> result = new CompletableFuture<>();
    owner.execute(
        () -> {
          Followed wanted = followed.get(type);
          if (wanted == null || wanted.subscription.mode() != SubscriptionMode.ON_DEMAND) {
            result.completeExceptionally(
                new IllegalArgumentException(
                    "type: " + type + " (expected: one that is subscribed to on demand)"));
            return;
          }
          CompletableFuture<Void> pending = wanted.demands.get(name);
          if (pending == null) {
            pending = new CompletableFuture<>();
            wanted.demands.put(name, pending);
            if (stream != null) {
              stream.send(
                  DeltaDiscoveryRequest.newBuilder()
                      .setTypeUrl(type.typeUrl())
                      .addResourceNamesSubscribe(name)
                      .build());
            }
          }
          pending.thenRun(() -> result.complete(null));
        });
    return result;
  }

  /** Ends the stream; nothing is applied any more once the owner has come to it. */
  @Override
  public void close() {
    closed = true;
    owner.execute(
        () -> {
          if (retry != null) {
            retry.cancel(false);
          }
          if (stream != null) {
            stream.cancel();
          }
        });
  }

  private void connect() {
    if (closed) {
      return;
    }
    retry = null;
    Stream next = new Stream();
    stream = next;
    try {
      next.start();
    } catch (IOException | RuntimeException e) {
      next.cancel();
      ended(next, StreamEnd.CONNECTION_ERROR, String.valueOf(e.getMessage()));
    }
  }

  private void ended(Stream ended, StreamEnd end, String error) {
    if (stream != ended) {
      return;
    }
    stream = null;
    lastError = error;
    connected = false;
    status = snapshot();
    observer.ended(end);
    if (closed) {
      return;
    }
    // An end that is no error but comes before any response is no sign that all is well over there.
    boolean clean = ended.responded && (end == StreamEnd.RECONNECT || end == StreamEnd.COMPLETE);
    Duration delay = clean ? pause.afterCleanEnd() : pause.afterError();
    if (clean) {
      logger.debug("control plane: {}; next stream in {} ms", error, delay.toMillis());
    } else {
      logger.warn(
          "control plane: {}; next attempt in {} ms reason={}",
          error,
          delay.toMillis(),
          ReasonCode.CONTROL_PLANE_UNREACHABLE);
    }
    retry = owner.schedule(this::connect, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void received(Stream from, DeltaDiscoveryResponse response) {
    if (!connected) {
      connected = true;
      pause.answered();
      observer.connected();
    }
    ResourceType type = ResourceType.fromTypeUrl(response.getTypeUrl());
    Followed target = type == null ? null : followed.get(type);
    if (type == null || target == null) {
      from.send(
          acknowledgement(
              response, "type: " + response.getTypeUrl() + " (expected: one that was asked for)"));
      return;
    }
    observer.received(type, response.getSerializedSize());
    Instant began = clock.instant();
    String problem;
    int rejected;
    try {
      List<DecodedResponse.Rejection> rejections = target.subscription.handler().apply(response);
      rejected = rejections.size();
      problem = rejected == 0 ? null : describe(rejections);
    } catch (RuntimeException e) {
      logger.error("control plane: a response of type {} could not be applied", type, e);
      rejected = response.getResourcesCount();
      problem = "internal error: " + e;
    }
    if (problem != null) {
      logger.warn(
          "control plane: {} of type {} rejected: {} reason={}",
          rejected,
          type,
          problem,
          ReasonCode.RESOURCE_REJECTED);
    }
    target.synced = true;
    status = snapshot();
    observer.applied(type, rejected, Duration.between(began, clock.instant()));
    from.send(acknowledgement(response, problem));
    target.answered(response);
  }

  private static DeltaDiscoveryRequest acknowledgement(
      DeltaDiscoveryResponse response, @Nullable String problem) {
    DeltaDiscoveryRequest.Builder request =
        DeltaDiscoveryRequest.newBuilder()
            .setTypeUrl(response.getTypeUrl())
            .setResponseNonce(response.getNonce());
    if (problem != null) {
      request.setErrorDetail(
          Status.newBuilder()
              .setCode(INVALID_ARGUMENT)
              .setMessage(
                  problem.length() <= MAX_ERROR_TEXT
                      ? problem
                      : problem.substring(0, MAX_ERROR_TEXT) + "..."));
    }
    return request.build();
  }

  private static String describe(List<DecodedResponse.Rejection> rejections) {
    StringBuilder out = new StringBuilder();
    for (DecodedResponse.Rejection rejection : rejections) {
      if (!out.isEmpty()) {
        out.append("; ");
      }
      out.append(rejection.name()).append(": ").append(rejection.message());
      if (out.length() > MAX_ERROR_TEXT) {
        break;
      }
    }
    return out.toString();
  }

  private XdsStatus snapshot() {
    return new XdsStatus(followed.values().stream().allMatch(type -> type.synced), lastError);
  }

  /** One type: who takes it, who waits for it, how far it is. */
  private static final class Followed {
    private final Subscription subscription;
    private final Map<String, CompletableFuture<Void>> demands = new HashMap<>();

    /** Whether a response was applied; one that is asked on demand lacks nothing. */
    private boolean synced;

    Followed(Subscription subscription) {
      this.subscription = subscription;
      this.synced = subscription.mode() == SubscriptionMode.ON_DEMAND;
    }

    /** The first request of a stream. */
    DeltaDiscoveryRequest firstRequest(Node node) {
      Map<String, String> versions = subscription.handler().versions();
      DeltaDiscoveryRequest.Builder request =
          DeltaDiscoveryRequest.newBuilder()
              .setNode(node)
              .setTypeUrl(subscription.type().typeUrl())
              .putAllInitialResourceVersions(versions);
      if (subscription.mode() == SubscriptionMode.ON_DEMAND) {
        // Both at once: a stream that names nothing would be one for everything.
        request.addResourceNamesSubscribe(ALL).addResourceNamesUnsubscribe(ALL);
        Set<String> names = new LinkedHashSet<>(versions.keySet());
        names.addAll(demands.keySet());
        request.addAllResourceNamesSubscribe(names);
      }
      return request.build();
    }

    void answered(DeltaDiscoveryResponse response) {
      if (demands.isEmpty()) {
        return;
      }
      for (Resource resource : response.getResourcesList()) {
        complete(resource.getName());
        resource.getAliasesList().forEach(this::complete);
      }
      response.getRemovedResourcesList().forEach(this::complete);
    }

    private void complete(String name) {
      CompletableFuture<Void> pending = demands.remove(name);
      if (pending != null) {
        pending.complete(null);
      }
    }
  }

  /** One stream, from its call to its end. */
  private final class Stream extends ClientCall.Listener<DeltaDiscoveryResponse> {
    private @Nullable ClientCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> call;
    private boolean responded;

    void start() throws IOException {
      ManagedChannel channel = channels.channel();
      // The channel's own waiting, up to two minutes, is not the one that is wanted here.
      channel.resetConnectBackoff();
      call =
          channel.newCall(
              ControlPlaneMethods.DELTA_AGGREGATED_RESOURCES,
              CallOptions.DEFAULT.withExecutor(owner).withMaxInboundMessageSize(MAX_MESSAGE));
      call.start(this, new Metadata());
      for (Followed type : followed.values()) {
        send(type.firstRequest(node));
      }
      call.request(1);
    }

    void send(DeltaDiscoveryRequest request) {
      if (call != null) {
        call.sendMessage(request);
      }
    }

    void cancel() {
      if (call != null) {
        call.cancel("closed by the client", null);
      }
    }

    @Override
    public void onMessage(DeltaDiscoveryResponse response) {
      if (stream != this || closed || call == null) {
        return;
      }
      responded = true;
      received(this, response);
      // One at a time, so that no more than one waits decoded in memory.
      call.request(1);
    }

    @Override
    public void onClose(io.grpc.Status end, Metadata trailers) {
      ended(this, endOf(end), end.isOk() ? "stream complete" : CallEnd.describe(end));
    }

    private StreamEnd endOf(io.grpc.Status end) {
      return switch (end.getCode()) {
        case OK -> StreamEnd.COMPLETE;
        case CANCELLED, UNKNOWN, DEADLINE_EXCEEDED -> StreamEnd.RECONNECT;
        case UNAVAILABLE -> {
          if (isGoAway(end.getDescription())) {
            yield StreamEnd.RECONNECT;
          }
          yield responded ? StreamEnd.ERROR : StreamEnd.CONNECTION_ERROR;
        }
        default -> StreamEnd.ERROR;
      };
    }

    private static boolean isGoAway(@Nullable String description) {
      if (description == null) {
        return false;
      }
      String text = description.toLowerCase(Locale.ROOT);
      return text.contains("goaway") || text.contains("transport is closing");
    }
  }
}
