package dev.groundmesh.controller.xds;

import dev.groundmesh.controller.compile.CompiledResource;
import dev.groundmesh.controller.compile.CompiledResources;
import dev.groundmesh.controller.compile.NodePods;
import dev.groundmesh.controller.xds.ResourceHistory.ChangedAddress;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryRequest;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What one stream wants of one type, what it was sent and what it answered. Owned by the stream's
 * mailbox.
 */
final class Subscription {

  /** The name of everything. */
  static final String WILDCARD = "*";

  /** A stream that asks for more keys one by one should ask for everything. */
  static final int MAX_KEYS = 200_000;

  /**
   * A response that has not been answered yet.
   *
   * @param of the revision that it tells of
   * @param revision where the subscriber stands once it accepts; -1: where it stood before
   */
  private record Unanswered(
      String nonce, long of, long revision, long sentNanos, long fromRevision) {}

  /**
   * A series that was not brought about by a change.
   *
   * @param isWhole whether it is all that the subscriber lacks at its revision, not only what it
   *     asked for
   */
  private record Reply(MessageSeries series, boolean isWhole) {}

  final ResourceType type;
  private final ResourceHistory history;
  private final String clusterId;
  private final @Nullable String node;

  private boolean wildcard;

  /** What was asked for by name; beside everything it counts once everything is given back. */
  private final Set<String> keys = new HashSet<>();

  /** Sent because of a key, under another name. */
  private final Set<String> brought = new HashSet<>();

  private final ArrayDeque<Reply> replies = new ArrayDeque<>();
  private final ArrayDeque<Unanswered> unanswered = new ArrayDeque<>();
  private @Nullable MessageSeries sending;
  private boolean sendingMovesPosition;
  private int nextPart;
  private long position;
  private long answerCount;

  private long ackedRevision = -1;
  private long lastAckMillis = -1;
  private long nacks;
  private @Nullable String lastNack;

  /** What the last refusal was of; -1: nothing, or a later one was accepted. */
  private long refusedRevision = -1;

  Subscription(
      ResourceType type, ResourceHistory history, String clusterId, @Nullable String node) {
    this.type = type;
    this.history = history;
    this.clusterId = clusterId;
    this.node = node;
  }

  /** Nothing more is promised to a stream this far behind: it must begin anew. */
  static final class ForgottenException extends Exception {
    private static final long serialVersionUID = 1;
  }

  /** A request that cannot be served. */
  static final class BadRequestException extends Exception {
    private static final long serialVersionUID = 1;

    BadRequestException(String message) {
      super(message);
    }
  }

  /** The first request of the stream for this type. */
  void begin(DeltaDiscoveryRequest request, RetainedVersions retained)
      throws BadRequestException, ForgottenException {
    CompiledResources now = history.newest();
    position = now.revision();
    List<String> subscribed = request.getResourceNamesSubscribeList();
    List<String> unsubscribed = request.getResourceNamesUnsubscribeList();
    // No name at all means everything; to ask for nothing, a client takes "*" and gives it back.
    wildcard =
        subscribed.isEmpty() || (subscribed.contains(WILDCARD) && !unsubscribed.contains(WILDCARD));
    addKeys(subscribed);
    if (wildcard) {
      keys.removeAll(unsubscribed);
      beginWithEverything(retained);
      return;
    }
    Map<String, String> held = retained.toMap();
    addKeys(held.keySet());
    keys.removeAll(unsubscribed);
    replies.add(new Reply(answer(now, union(keys, localWorkloads(now)), held), true));
  }

  private void beginWithEverything(RetainedVersions retained) throws ForgottenException {
    boolean isOfOneNode = type == ResourceType.POD_ENROLMENT;
    Whole whole = isOfOneNode ? newWhole(history.newest()) : history.whole(type);
    position = whole.revision();
    if (retained.isEmpty() && !isOfOneNode) {
      replies.add(new Reply(whole.series(), true));
    } else {
      Set<String> later =
          history
              .changedNames(type, position, history.newest().revision(), node)
              .orElseThrow(ForgottenException::new);
      replies.add(new Reply(whole.difference(retained, later, nextNoncePrefix()), true));
    }
  }

  private Whole newWhole(CompiledResources now) {
    return new Whole(type, now.revision(), ResourceHistory.all(type, now, node));
  }

  /** A later request: new or dropped names, or the answer to a response, or both. */
  void update(DeltaDiscoveryRequest request) throws BadRequestException {
    List<String> subscribed = request.getResourceNamesSubscribeList();
    List<String> unsubscribed = request.getResourceNamesUnsubscribeList();
    CompiledResources now = history.newest();
    boolean widened =
        !wildcard && subscribed.contains(WILDCARD) && !unsubscribed.contains(WILDCARD);
    List<String> added = subscribed.stream().filter(name -> !name.equals(WILDCARD)).toList();
    unsubscribed.forEach(keys::remove);
    unsubscribed.forEach(brought::remove);
    addKeys(added);
    if (wildcard && unsubscribed.contains(WILDCARD)) {
      wildcard = false;
      keys.forEach(key -> lookup(now, key).forEach(resource -> brought.add(resource.name())));
    }
    if (widened) {
      wildcard = true;
      brought.clear();
      Whole whole = newWhole(now);
      replies.add(
          new Reply(whole.difference(RetainedVersions.NONE, Set.of(), nextNoncePrefix()), true));
    } else if (!added.isEmpty()) {
      replies.add(new Reply(answer(now, added, Map.of()), false));
    }
  }

  private void addKeys(Collection<String> names) throws BadRequestException {
    for (String name : names) {
      if (!name.equals(WILDCARD)) {
        keys.add(name);
      }
    }
    if (keys.size() > MAX_KEYS) {
      throw new BadRequestException(
          "resource names: " + keys.size() + " (expected: at most " + MAX_KEYS + ", or all)");
    }
  }

  /** What is known by the keys: resources, whatever their names, and what is not there. */
  private MessageSeries answer(
      CompiledResources now, Collection<String> asked, Map<String, String> retained) {
    Map<String, CompiledResource> updated = new LinkedHashMap<>();
    List<String> removed = new ArrayList<>();
    for (String key : asked) {
      List<CompiledResource> found = lookup(now, key);
      if (found.isEmpty()) {
        removed.add(key);
      }
      for (CompiledResource resource : found) {
        if (!wildcard) {
          brought.add(resource.name());
        }
        if (!Whole.isUnchanged(resource, retained.get(resource.name()))) {
          updated.put(resource.name(), resource);
        }
      }
    }
    return series(now, List.copyOf(updated.values()), removed, true);
  }

  private List<CompiledResource> lookup(CompiledResources now, String key) {
    if (type == ResourceType.ADDRESS) {
      return now.lookup(key);
    }
    CompiledResource named = ResourceHistory.named(type, now, key, node);
    return named == null ? List.of() : List.of(named);
  }

  /** As Istio: an agent that asks one by one is told of its own node's pods unasked. */
  private List<String> localWorkloads(CompiledResources now) {
    if (type != ResourceType.ADDRESS || node == null) {
      return List.of();
    }
    List<String> uids = new ArrayList<>();
    for (NodePods.NodePod pod : now.pods(node).all()) {
      String uid = clusterId + "//Pod/" + pod.namespace() + '/' + pod.name();
      if (now.address(uid) != null) {
        uids.add(uid);
      }
    }
    return uids;
  }

  private MessageSeries series(
      CompiledResources now,
      List<CompiledResource> updated,
      List<String> removed,
      boolean withAliases) {
    return new MessageSeries(
        type, now.revision(), nextNoncePrefix(), withAliases, updated, removed);
  }

  private String nextNoncePrefix() {
    answerCount++;
    return "a" + answerCount + '-';
  }

  /** How many answers to requests wait to be sent. */
  int waitingReplies() {
    return replies.size();
  }

  /**
   * The next response to send; null if there is nothing to say, or nothing may be said before the
   * subscriber has answered.
   *
   * @param mayPush whether changes may be told; what was asked for is answered in any case
   */
  @Nullable ResponseMessage next(long nowNanos, boolean mayPush) throws ForgottenException {
    while (true) {
      if (sending == null && !chooseSeries(mayPush)) {
        return null;
      }
      MessageSeries series = sending;
      if (series == null) {
        continue;
      }
      long from = position;
      ResponseMessage message = series.get(nextPart++);
      long reached = -1;
      if (nextPart == series.size()) {
        sending = null;
        if (sendingMovesPosition) {
          reached = series.revision();
          position = Math.max(position, reached);
        }
      }
      unanswered.add(new Unanswered(message.nonce(), series.revision(), reached, nowNanos, from));
      return message;
    }
  }

  /** Whether there is something to send; it is then in {@link #sending}. */
  private boolean chooseSeries(boolean mayPush) throws ForgottenException {
    Reply reply = replies.poll();
    if (reply != null) {
      start(reply.series, reply.isWhole);
      return true;
    }
    CompiledResources now = history.newest();
    if (!mayPush || !unanswered.isEmpty() || position >= now.revision()) {
      return false;
    }
    Optional<MessageSeries> push =
        wildcard ? history.push(type, position, now, node) : pushOfKeys(now);
    MessageSeries series = push.orElseThrow(ForgottenException::new);
    if (series.isEmpty()) {
      // Nothing of this concerns the subscriber.
      position = series.revision();
      return false;
    }
    start(series, true);
    return true;
  }

  /**
   * Whether there are changes that wait for the subscriber's answer to what it was told before, so
   * that types which build on this one must wait as well.
   */
  boolean owesChanges() {
    CompiledResources now = history.newest();
    return position < now.revision()
        && history
            .changedNames(type, position, now.revision(), node)
            .map(changed -> !changed.isEmpty())
            .orElse(true);
  }

  private void start(MessageSeries series, boolean movesPosition) {
    sending = series;
    sendingMovesPosition = movesPosition;
    nextPart = 0;
  }

  private Optional<MessageSeries> pushOfKeys(CompiledResources now) {
    if (type != ResourceType.ADDRESS) {
      return history
          .changedNames(type, position, now.revision(), node)
          .map(changed -> pushOfNames(now, changed));
    }
    return history
        .changedAddresses(position, now)
        .map(
            changed -> {
              Map<String, CompiledResource> updated = new LinkedHashMap<>();
              List<String> removed = new ArrayList<>();
              for (ChangedAddress change : changed) {
                CompiledResource resource = change.resource();
                if (resource == null) {
                  boolean wasBrought = brought.remove(change.name());
                  if (wasBrought || keys.contains(change.name())) {
                    removed.add(change.name());
                  }
                } else if (concerns(change, resource)) {
                  updated.put(change.name(), resource);
                  if (brought.add(change.name())) {
                    bringWorkloadsOf(change.name(), now, updated);
                  }
                }
              }
              return series(now, List.copyOf(updated.values()), removed, true);
            });
  }

  /** A service that appears under a key brings its workloads, as it would have been answered. */
  private void bringWorkloadsOf(
      String name, CompiledResources now, Map<String, CompiledResource> into) {
    for (CompiledResource resource : now.lookup(name)) {
      brought.add(resource.name());
      into.put(resource.name(), resource);
    }
  }

  private MessageSeries pushOfNames(CompiledResources now, Set<String> changed) {
    List<CompiledResource> updated = new ArrayList<>();
    List<String> removed = new ArrayList<>();
    for (String name : changed) {
      if (keys.contains(name)) {
        CompiledResource resource = ResourceHistory.named(type, now, name, node);
        if (resource == null) {
          removed.add(name);
        } else {
          updated.add(resource);
        }
      }
    }
    return series(now, updated, removed, true);
  }

  private boolean concerns(ChangedAddress change, CompiledResource resource) {
    if (keys.contains(change.name())
        || brought.contains(change.name())
        || (node != null && node.equals(change.node()))) {
      return true;
    }
    for (String alias : resource.aliases()) {
      if (keys.contains(alias)) {
        return true;
      }
    }
    for (String service : change.services()) {
      // A service that was asked for by its address counts as well.
      if (keys.contains(service) || brought.contains(service)) {
        return true;
      }
    }
    return false;
  }

  /** What an answer to a response was. */
  enum Answer {
    ACK,
    NACK,
    /** To nothing that was sent, or to something answered before. */
    STALE
  }

  /**
   * Takes the answer to a response.
   *
   * @param convergence hears how long the change took from its publication to this ACK, in seconds
   */
  Answer answered(DeltaDiscoveryRequest request, long nowNanos, DoubleConsumer convergence) {
    String nonce = request.getResponseNonce();
    boolean known = false;
    for (Unanswered one : unanswered) {
      known |= one.nonce.equals(nonce);
    }
    if (!known) {
      return Answer.STALE;
    }
    boolean rejected = request.hasErrorDetail();
    // Answers come in order: one to a later response stands for those before it.
    while (true) {
      Unanswered first = unanswered.remove();
      if (!rejected && first.revision >= 0) {
        ackedRevision = Math.max(ackedRevision, first.revision);
        if (ackedRevision > refusedRevision) {
          refusedRevision = -1;
        }
        lastAckMillis = (nowNanos - first.sentNanos) / 1_000_000;
        history
            .publishedNanosAfter(first.fromRevision)
            .filter(published -> first.nonce.startsWith("p") && published <= nowNanos)
            .ifPresent(published -> convergence.accept((nowNanos - published) / 1e9));
      }
      if (first.nonce.equals(nonce)) {
        refusedRevision = rejected ? first.of : refusedRevision;
        break;
      }
    }
    if (rejected) {
      nacks++;
      String reason = request.getErrorDetail().getMessage();
      lastNack = reason.length() > 1024 ? reason.substring(0, 1024) : reason;
      return Answer.NACK;
    }
    return Answer.ACK;
  }

  /** How long the oldest response has been waiting for its answer, in nanoseconds; 0 if none is. */
  long waitingNanos(long nowNanos) {
    Unanswered first = unanswered.peek();
    return first == null ? 0 : nowNanos - first.sentNanos;
  }

  AgentStatus.TypeStatus status(long nowNanos) {
    long waiting = waitingNanos(nowNanos);
    return new AgentStatus.TypeStatus(
        type,
        wildcard,
        wildcard ? 0 : keys.size(),
        position,
        ackedRevision,
        waiting > 0 ? nowNanos - waiting : 0,
        lastAckMillis,
        nacks,
        lastNack,
        refusedRevision >= 0);
  }

  private static Collection<String> union(Collection<String> some, Collection<String> others) {
    if (others.isEmpty()) {
      return List.copyOf(some);
    }
    Set<String> all = new HashSet<>(some);
    all.addAll(others);
    return all;
  }
}
