package dev.groundmesh.controller.xds;

import dev.groundmesh.controller.auth.Caller;
import dev.groundmesh.controller.xds.Subscription.BadRequestException;
import dev.groundmesh.controller.xds.Subscription.ForgottenException;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryRequest;
import dev.groundmesh.meshapi.wire.ResourceType;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One delta ADS stream. Its mailbox owns all of it that is not final. */
final class Subscriber extends ServerCall.Listener<RequestMessage>
    implements SyncAdmission.Candidate {

  private static final Logger log = LoggerFactory.getLogger(Subscriber.class);

  /** Clients send their first request with the stream itself. */
  private static final Duration YIELD_AFTER = Duration.ofMillis(500);

  /** What came while a stream waited for its turn is there almost at once. */
  private static final Duration YIELD_AFTER_WAITING = Duration.ofMillis(100);

  /** Silent for so long, a stream is ended where others wait and many are as silent. */
  private static final Duration CROWDED_OUT_AFTER = Duration.ofSeconds(2);

  /** So often in a row nothing came from a client that is silent, and not only slow. */
  private static final int SILENCES = 10;

  /** Answers that wait for a client to read them before its next request is read. */
  private static final int MAX_WAITING_REPLIES = 100;

  /** Who has begun to send has so many times as long to come to the end. */
  private static final int MORE_TIME = 4;

  /**
   * Policies go first, so that a workload never lists one that its agent has not heard of; pods are
   * captured last, when all that decides about them is known.
   */
  private static final List<ResourceType> ORDER =
      List.of(
          ResourceType.AUTHORIZATION,
          ResourceType.ADDRESS,
          ResourceType.NAMESPACE_ENROLMENT,
          ResourceType.POD_ENROLMENT);

  final long id;
  final Caller caller;
  final String peer;
  private final @Nullable String agentOf;
  private final Instant connectedSince;
  private final DiscoveryService service;
  private final ServerCall<RequestMessage, ResponseMessage> call;
  private final InboundProgress progress;
  private final Mailbox mailbox;
  private final AtomicBoolean awake = new AtomicBoolean();
  private final Map<ResourceType, Subscription> subscriptions = new EnumMap<>(ResourceType.class);

  private SyncAdmission.@Nullable Permit permit;
  private long startedNanos;
  private volatile long readingSinceNanos;
  private long bytesSeen;
  private int silences;
  private long blockedSinceNanos;
  private boolean heard;
  private boolean readNext;
  private boolean ended;
  private String client = "";
  private volatile AgentStatus status;

  /**
   * A stream that has not been read from.
   *
   * @param agentOf the node whose agent the caller is; null if it is none
   */
  Subscriber(
      long id,
      Caller caller,
      @Nullable String agentOf,
      String peer,
      Instant connectedSince,
      DiscoveryService service,
      ServerCall<RequestMessage, ResponseMessage> call,
      InboundProgress progress,
      Executor pool) {
    this.id = id;
    this.caller = caller;
    this.agentOf = agentOf;
    this.peer = peer;
    this.connectedSince = connectedSince;
    this.service = service;
    this.call = call;
    this.progress = progress;
    this.mailbox = new Mailbox(pool);
    this.status =
        new AgentStatus(
            id, caller.node(), caller.account(), client, peer, connectedSince, List.of());
  }

  AgentStatus status() {
    return status;
  }

  /** Begins to read when it is this stream's turn. */
  void start(SyncAdmission admission) {
    mailbox.execute(
        () -> {
          if (!ended) {
            startedNanos = System.nanoTime();
            permit = admission.enter(this);
          }
        });
  }

  @Override
  public void granted() {
    mailbox.execute(this::readFirst);
  }

  private void readFirst() {
    long now = System.nanoTime();
    readingSinceNanos = now;
    if (ended) {
      releasePermit();
    } else {
      call.request(1);
      boolean waited = now - startedNanos > YIELD_AFTER.toNanos();
      service.later(waited ? YIELD_AFTER_WAITING : YIELD_AFTER, this::yieldIfSilent);
    }
  }

  @Override
  public boolean isSilent() {
    return progress.bytes() == 0
        && System.nanoTime() - readingSinceNanos > CROWDED_OUT_AFTER.toNanos();
  }

  @Override
  public void crowdedOut() {
    mailbox.execute(this::endSilent);
  }

  private void endSilent() {
    if (!ended) {
      endNow(
          Status.UNAVAILABLE.withDescription("no request on the stream, and others wait"),
          "silent");
    }
  }

  /** Whoever says nothing must not keep others from beginning. */
  private void yieldIfSilent() {
    mailbox.execute(
        () -> {
          SyncAdmission.Permit held = permit;
          if (ended || heard || held == null) {
            return;
          }
          long bytes = progress.bytes();
          if (bytes > bytesSeen) {
            bytesSeen = bytes;
            silences = 0;
            service.later(YIELD_AFTER, this::yieldIfSilent);
            return;
          }
          silences++;
          if (held.giveUp() || silences < SILENCES) {
            service.later(YIELD_AFTER, this::yieldIfSilent);
          } else {
            endSilent();
          }
        });
  }

  /** There may be something new to send; any thread. */
  void wake() {
    if (awake.compareAndSet(false, true)) {
      mailbox.execute(
          () -> {
            awake.set(false);
            drain();
          });
    }
  }

  /** Ends the stream; any thread. */
  void end(Status with, String reason) {
    mailbox.execute(() -> endNow(with, reason));
  }

  /** Ends the stream if it has kept the controller waiting for too long; any thread. */
  void checkPatience(long nowNanos) {
    mailbox.execute(
        () -> {
          if (ended) {
            return;
          }
          DiscoverySettings settings = service.settings();
          long sending = settings.firstRequestTimeout().toNanos() * (bytesSeen > 0 ? MORE_TIME : 1);
          if (readingSinceNanos != 0 && permit != null && nowNanos - readingSinceNanos > sending) {
            if (!heard) {
              endNow(
                  Status.DEADLINE_EXCEEDED.withDescription("no request on the stream"), "silent");
              return;
            }
            releasePermit();
          }
          long limit = settings.answerTimeout().toNanos();
          if (blockedSinceNanos != 0 && nowNanos - blockedSinceNanos > limit) {
            endNow(Status.DEADLINE_EXCEEDED.withDescription("nothing is read"), "blocked");
            return;
          }
          for (Subscription subscription : subscriptions.values()) {
            if (subscription.waitingNanos(nowNanos) > limit) {
              endNow(
                  Status.DEADLINE_EXCEEDED.withDescription(
                      "no answer to a response of type " + subscription.type.typeUrl()),
                  "unanswered");
              return;
            }
          }
        });
  }

  @Override
  public void onMessage(RequestMessage message) {
    mailbox.execute(
        () -> {
          if (!ended) {
            receive(message);
          }
        });
  }

  @Override
  public void onReady() {
    wake();
  }

  @Override
  public void onHalfClose() {
    mailbox.execute(() -> endNow(Status.OK, ""));
  }

  @Override
  public void onCancel() {
    mailbox.execute(this::forget);
  }

  @Override
  public void onComplete() {
    mailbox.execute(this::forget);
  }

  private void receive(RequestMessage message) {
    DeltaDiscoveryRequest request = message.fields();
    heard = true;
    if (request.hasNode() && client.isEmpty()) {
      String name = request.getNode().getId();
      client = name.length() > 256 ? name.substring(0, 256) : name;
      log.info("stream {}: {} of {} ({}) subscribes", id, client, caller.account(), peer);
    }
    ResourceType type = ResourceType.fromTypeUrl(request.getTypeUrl());
    if (type == null) {
      endNow(
          Status.UNIMPLEMENTED.withDescription(
              "type_url: "
                  + request.getTypeUrl()
                  + " (expected: Address, Authorization, PodEnrolment or NamespaceEnrolment)"),
          "unknown_type");
      return;
    }
    boolean forAgents =
        type == ResourceType.POD_ENROLMENT || type == ResourceType.NAMESPACE_ENROLMENT;
    if (forAgents && agentOf == null) {
      log.warn(
          "stream {}: {} ({}) asks for enrolments (expected: the agent of a known node)",
          id,
          caller.account(),
          peer);
      endNow(
          Status.PERMISSION_DENIED.withDescription("enrolments are for node agents"),
          "not_an_agent");
      return;
    }
    try {
      apply(type, request, message.retained());
    } catch (BadRequestException e) {
      endNow(Status.RESOURCE_EXHAUSTED.withDescription(e.getMessage()), "too_many_keys");
      return;
    } catch (ForgottenException e) {
      endTooFarBehind();
      return;
    }
    if (type == ResourceType.ADDRESS) {
      releasePermit();
    }
    readNext = true;
    drain();
  }

  private void apply(ResourceType type, DeltaDiscoveryRequest request, RetainedVersions retained)
      throws BadRequestException, ForgottenException {
    Subscription known = subscriptions.get(type);
    if (known == null) {
      // A nonce here is of a former stream, and says nothing of this one.
      Subscription begun =
          new Subscription(
              type,
              service.history(),
              service.clusterId(),
              agentOf == null ? caller.node() : agentOf);
      begun.begin(request, retained);
      subscriptions.put(type, begun);
      return;
    }
    long now = System.nanoTime();
    if (!request.getResponseNonce().isEmpty()) {
      switch (known.answered(request, now, service.metrics().convergence::record)) {
        case ACK -> {
          // Nothing to tell.
        }
        case NACK -> {
          service.metrics().rejected(type);
          log.warn(
              "stream {}: {} rejects a response of type {}: {}",
              id,
              client,
              type.typeUrl(),
              request.getErrorDetail().getMessage());
        }
        case STALE -> service.metrics().stale(type);
      }
    }
    if (request.getResourceNamesSubscribeCount() > 0
        || request.getResourceNamesUnsubscribeCount() > 0) {
      known.update(request);
    }
  }

  private void drain() {
    if (!ended) {
      sendAll();
      readNextIfAnswered();
    }
  }

  private void sendAll() {
    long now = System.nanoTime();
    try {
      boolean mayPush = true;
      for (ResourceType type : ORDER) {
        Subscription subscription = subscriptions.get(type);
        while (subscription != null) {
          if (!call.isReady()) {
            if (blockedSinceNanos == 0) {
              blockedSinceNanos = now;
            }
            publishStatus(now);
            return;
          }
          blockedSinceNanos = 0;
          ResponseMessage message = subscription.next(now, mayPush);
          if (message == null) {
            break;
          }
          call.sendMessage(message);
          service.metrics().sent(type, message);
        }
        mayPush &= subscription == null || !subscription.owesChanges();
      }
    } catch (ForgottenException e) {
      endTooFarBehind();
      return;
    }
    publishStatus(now);
  }

  private void endTooFarBehind() {
    endNow(
        Status.UNAVAILABLE.withDescription("too far behind: reconnect and say what is held"),
        "too_far_behind");
  }

  /** Who does not read the answers is not asked for more requests. */
  private void readNextIfAnswered() {
    if (readNext && !ended) {
      int waiting = 0;
      for (Subscription subscription : subscriptions.values()) {
        waiting += subscription.waitingReplies();
      }
      if (waiting < MAX_WAITING_REPLIES) {
        readNext = false;
        call.request(1);
      }
    }
  }

  private void publishStatus(long now) {
    List<AgentStatus.TypeStatus> types = new ArrayList<>(subscriptions.size());
    for (Subscription subscription : subscriptions.values()) {
      types.add(subscription.status(now));
    }
    status =
        new AgentStatus(id, caller.node(), caller.account(), client, peer, connectedSince, types);
  }

  private void endNow(Status with, String reason) {
    if (ended) {
      return;
    }
    if (!with.isOk()) {
      log.info("stream {} of {} ({}) ends: {}", id, caller.account(), peer, with.getDescription());
      service.metrics().ended(reason);
    }
    call.close(with, new Metadata());
    forget();
  }

  private void forget() {
    ended = true;
    releasePermit();
    subscriptions.clear();
    service.forget(this);
  }

  private void releasePermit() {
    SyncAdmission.Permit held = permit;
    if (held != null) {
      permit = null;
      held.release();
    }
  }
}
