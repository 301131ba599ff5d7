package dev.groundmesh.nodeagent;

import dev.groundmesh.ebpf.Counter;
import dev.groundmesh.meshapi.authorization.Authorizer;
import dev.groundmesh.meshapi.authorization.UnknownPolicyMode;
import dev.groundmesh.meshapi.control.CertificateServiceClient;
import dev.groundmesh.meshapi.control.ControlPlaneChannel;
import dev.groundmesh.meshapi.control.ControlPlaneSettings;
import dev.groundmesh.meshapi.control.RedirectionReportsClient;
import dev.groundmesh.meshapi.control.Transport;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.snapshot.MeshChange;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.meshapi.snapshot.MeshStore;
import dev.groundmesh.meshapi.wire.ResourceType;
import dev.groundmesh.meshapi.xds.Subscription;
import dev.groundmesh.meshapi.xds.SubscriptionMode;
import dev.groundmesh.meshapi.xds.XdsClient;
import dev.groundmesh.nodeagent.admin.AdminServer;
import dev.groundmesh.nodeagent.certificates.CertificateFiles;
import dev.groundmesh.nodeagent.certificates.ManagedTls;
import dev.groundmesh.nodeagent.certificates.NodeIdentities;
import dev.groundmesh.nodeagent.config.AgentConfig;
import dev.groundmesh.nodeagent.config.ControlPlaneConfig;
import dev.groundmesh.nodeagent.config.RuntimeConfig;
import dev.groundmesh.nodeagent.connection.Connections;
import dev.groundmesh.nodeagent.connection.LoopConnections;
import dev.groundmesh.nodeagent.connection.RelayedConnection;
import dev.groundmesh.nodeagent.controlplane.MeshUpdates;
import dev.groundmesh.nodeagent.controlplane.NodeDescription;
import dev.groundmesh.nodeagent.controlplane.PodRedirections;
import dev.groundmesh.nodeagent.controlplane.RedirectionReporter;
import dev.groundmesh.nodeagent.dns.DnsProxy;
import dev.groundmesh.nodeagent.dns.ResolverConfig;
import dev.groundmesh.nodeagent.enrolment.Enroller;
import dev.groundmesh.nodeagent.enrolment.EnrolmentStatus;
import dev.groundmesh.nodeagent.enrolment.NamedNetnsRuntime;
import dev.groundmesh.nodeagent.enrolment.NetnsPodCapturer;
import dev.groundmesh.nodeagent.enrolment.PodRuntime;
import dev.groundmesh.nodeagent.explain.Explainer;
import dev.groundmesh.nodeagent.flow.FlowServices;
import dev.groundmesh.nodeagent.flow.LoopState;
import dev.groundmesh.nodeagent.flow.LoopStates;
import dev.groundmesh.nodeagent.flow.WorkloadWaiters;
import dev.groundmesh.nodeagent.kernel.CompilerThreads;
import dev.groundmesh.nodeagent.kernel.FilePages;
import dev.groundmesh.nodeagent.kernel.ProcessAge;
import dev.groundmesh.nodeagent.lifecycle.Handover;
import dev.groundmesh.nodeagent.lifecycle.Heartbeat;
import dev.groundmesh.nodeagent.lifecycle.LargeChange;
import dev.groundmesh.nodeagent.lifecycle.LoopWatch;
import dev.groundmesh.nodeagent.lifecycle.Readiness;
import dev.groundmesh.nodeagent.lifecycle.Repetition;
import dev.groundmesh.nodeagent.lifecycle.Signs;
import dev.groundmesh.nodeagent.log.Log;
import dev.groundmesh.nodeagent.outbound.NameResolver;
import dev.groundmesh.nodeagent.pod.LocalPod;
import dev.groundmesh.nodeagent.pod.LocalPods;
import dev.groundmesh.nodeagent.redirection.NodeRedirection;
import dev.groundmesh.nodeagent.redirection.RedirectionConfig;
import dev.groundmesh.nodeagent.runtime.KubernetesPodRuntime;
import dev.groundmesh.nodeagent.state.LastGoodState;
import dev.groundmesh.nodeagent.telemetry.AgentMetrics;
import dev.groundmesh.nodeagent.telemetry.DnsTelemetry;
import dev.groundmesh.nodeagent.telemetry.Telemetry;
import dev.groundmesh.tunnel.relay.RelayMemory;
import dev.groundmesh.tunnel.tls.CertificateManager;
import dev.groundmesh.tunnel.tls.PeerVerification;
import dev.groundmesh.tunnel.tls.Revocations;
import dev.groundmesh.tunnel.tls.TlsSettings;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node agent, composed. Threads: the event loops, which carry all traffic; {@code control},
 * which owns the mesh store and the certificates; {@code enrolment}, which owns the redirection and
 * the pods' capture; the helpers of state, log, hand-over and admin.
 */
final class Agent {
  private static final Logger log = LoggerFactory.getLogger(Agent.class);
  private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");
  private static final Duration TICK = Duration.ofSeconds(5);
  private static final Duration RELIEF = Duration.ofSeconds(1);
  private static final Duration HEARTBEAT = Duration.ofMillis(500);
  private static final Duration HEARTBEAT_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration EVENTS = Duration.ofSeconds(1);
  private static final Duration REVOCATION_RELOAD = Duration.ofSeconds(2);

  /** By then compilers rest, and allocators have given back what they needed. */
  private static final Duration STARTUP_OVER = Duration.ofSeconds(12);

  /** Workloads and services; so many touch code and memory that fewer do not. */
  private static final int LARGE_CHANGE = 1000;

  private static final Duration LARGE_CHANGE_OVER = Duration.ofSeconds(2);
  private static final Duration CUT_GRACE = Duration.ofSeconds(1);

  /**
   * For so long the tunnels to a pod that left the mesh are served: by then the controller has told
   * its peers.
   */
  private static final Duration PEERS_HEAR = Duration.ofSeconds(5);

  /** What had begun at a listener before its successor took its place has ended by then. */
  private static final Duration HANDSHAKES = Duration.ofSeconds(1);

  private static final Duration STALE = Duration.ofSeconds(10);
  private static final Duration HANDOVER_WAIT = Duration.ofSeconds(20);
  private static final long ADMIN_RETRY_MILLIS = 100;

  private final AgentConfig config;
  private final Log agentLog = Log.ofProcess();
  private final Readiness readiness = new Readiness();
  private final MeshStore store = new MeshStore(MeshSnapshot.EMPTY);
  private final LocalPods pods = new LocalPods();
  private final Authorizer authorizer = new Authorizer(UnknownPolicyMode.DENY);
  private final ScheduledExecutorService control;
  private final ScheduledExecutorService enrolment;
  private final MultiThreadIoEventLoopGroup group;
  private final List<IoEventLoop> loops;
  private final LoopWatch loopWatch;
  private final Connections connections;
  private final LoopStates loopStates;
  private final Telemetry telemetry;
  private final AgentMetrics metrics;
  private final Revocations revocations;
  private final CertificateManager certificates;
  private final ControlPlaneChannel xdsChannel;
  private final ControlPlaneChannel caChannel;
  private final MultiThreadIoEventLoopGroup controlGroup;
  private final LastGoodState state;
  private final MeshUpdates updates;
  private final XdsClient xds;
  private final NameResolver resolver = NameResolver.system(System::nanoTime);
  private final AgentFlows flows;
  private final RedirectionConfig redirectionConfig;
  private volatile NodeRedirection redirection;
  private final RedirectionReporter reporter;
  private final Enroller enroller;
  private final Heartbeat heartbeat;
  private final Handover handover;
  private final AgentView view;
  private final @Nullable NodeCni cni;
  private final @Nullable Departure departure;
  private @Nullable Repetition revocationReload;
  private @Nullable Signs signs;
  private volatile boolean serving;

  /** Whether {@link #serving} was begun; the enrolment thread's. */
  private boolean servingBegun;

  private @Nullable AdminServer admin;
  private boolean suspended;
  private boolean retired;
  private boolean ending;

  private Agent(AgentConfig config, Runnable halt) throws IOException {
    this.config = config;
    this.control = singleThread("control");
    this.enrolment = singleThread("enrolment");
    this.group =
        new MultiThreadIoEventLoopGroup(
            config.workerThreads(),
            new EventLoopThreads("worker-", false),
            EpollIoHandler.newFactory());
    this.loops = loopsOf(group);
    this.loopWatch = new LoopWatch(loops.stream().map(EventExecutor.class::cast).toList(), halt);
    this.connections = new Connections(loops, authorizer);
    SplittableRandom seeds = new SplittableRandom(new SecureRandom().nextLong());
    this.loopStates =
        new LoopStates(
            loops.stream()
                .map(
                    loop ->
                        new LoopState(
                            loop,
                            connections.of(loop),
                            new WorkloadWaiters(
                                loop,
                                store::current,
                                config.connections().workloadTimeout(),
                                System::nanoTime),
                            seeds.split()))
                .toList());
    this.telemetry = new Telemetry(agentLog, System::nanoTime);
    this.metrics = new AgentMetrics(telemetry, version());
    this.controlGroup =
        new MultiThreadIoEventLoopGroup(
            1, new EventLoopThreads("control-io-", true), EpollIoHandler.newFactory());
    Transport transport = new Transport(controlGroup, EpollSocketChannel::new);
    ControlPlaneConfig to = config.controlPlane();
    this.xdsChannel = channel(transport, to.xdsAddress(), to.xdsHostname().orElse(null), true);
    this.caChannel = channel(transport, to.caAddress(), to.caHostname().orElse(null), false);
    this.revocations = config.crlFile().map(Revocations::ofFile).orElseGet(Revocations::none);
    this.certificates =
        new CertificateManager(
            new CertificateServiceClient(caChannel, control)::sign,
            new CertificateFiles(config.stateDirectory().resolve("certificates")),
            to.secretTtl(),
            new TlsSettings(config.postQuantumOnly()),
            new PeerVerification(revocations, Clock.systemUTC()),
            control,
            Clock.systemUTC(),
            seeds.split());
    this.state = LastGoodState.open(config.stateDirectory());
    this.updates = new MeshUpdates(store, state, this::received);
    this.xds = xdsClient();
    FlowServices services =
        new FlowServices(
            config,
            store::current,
            config.controlPlane().onDemand() ? this::demand : null,
            authorizer,
            new ManagedTls(certificates, config.connections().connectTimeout()),
            pods,
            connections,
            telemetry);
    this.flows = new AgentFlows(services, loopStates, resolver, revocations, this::hasLeft);
    this.handover = new Handover(config.stateDirectory().resolve("handover.sock"));
    boolean succeeding = handover.take();
    this.redirectionConfig =
        new RedirectionConfig(
            config.pinDirectory(), config.cgroupRoot(), config.failMode(), HEARTBEAT_TIMEOUT);
    this.redirection = NodeRedirection.open(redirectionConfig);
    this.heartbeat =
        new Heartbeat(
            loops.stream().map(EventExecutor.class::cast).toList(),
            () -> redirection.heartbeat(),
            HEARTBEAT);
    RedirectionReportsClient reports = new RedirectionReportsClient(xdsChannel, control);
    this.reporter = new RedirectionReporter(reports::report, control);
    this.enroller =
        new Enroller(
            enrolment,
            new NetnsPodCapturer(
                config, runtime(), () -> redirection, loops, pods, connections, flows, dns()),
            this::enrolmentAttempted,
            this::enrolmentsMoved,
            PEERS_HEAR);
    this.cni =
        config.runtime().kind() == RuntimeConfig.Kind.KUBERNETES
            ? new NodeCni(config.cni(), enroller, store::current, metrics)
            : null;
    this.departure =
        cni == null ? null : new Departure(reports::report, cni, enroller, config.stateDirectory());
    this.view =
        new AgentView(
            config,
            store::current,
            enroller::status,
            certificates,
            readiness,
            xds,
            new Explainer(flows.router(), authorizer, config.clusterDomain()));
    log.info("starting node={} succeeding={}", config.nodeName(), succeeding);
  }

  /**
   * Starts an agent.
   *
   * @param halt ends the process at once, when the agent can serve no more; any thread
   * @throws IOException if the kernel refuses the redirection
   */
  static Agent start(AgentConfig config, Runnable halt) throws IOException {
    Agent agent = new Agent(config, halt);
    agent.begin();
    return agent;
  }

  private void begin() {
    heartbeat.start();
    signs =
        config
            .signs()
            .map(
                directory ->
                    new Signs(
                        directory,
                        () -> serving && readiness.ready(),
                        () -> heartbeat.beatWithin(STALE),
                        Clock.systemUTC()))
            .orElse(null);
    for (LoopState loop : loopStates.all()) {
      LoopConnections own = connections.of(loop.loop());
      every(TICK, loop, () -> forEachRelayed(own, RelayedConnection::tick));
      every(RELIEF, loop, () -> relieve(own));
    }
    var _ =
        enrolment.scheduleWithFixedDelay(
            this::reportRefusals, EVENTS.toMillis(), EVENTS.toMillis(), TimeUnit.MILLISECONDS);
    publishMetrics();
    if (config.crlFile().isPresent()) {
      revocations.onChange(flows::revocationsChanged);
      revocationReload = new Repetition("revocations", revocations::reload, REVOCATION_RELOAD);
    }
    LargeChange largeChange =
        new LargeChange(LARGE_CHANGE, LARGE_CHANGE_OVER, control, Agent::letGoOfFilePages);
    NodeIdentities identities =
        new NodeIdentities(
            certificates::hold,
            certificates::drop,
            id -> {
              var _ =
                  control.schedule(
                      () -> certificates.drop(id), PEERS_HEAR.toMillis(), TimeUnit.MILLISECONDS);
            });
    control.execute(
        () -> {
          store.addListener(identities::update);
          store.addListener(connections::reauthorize);
          store.addListener(this::enrolmentsChanged);
          store.addListener(
              change -> largeChange.add(change.workloads().size() + change.services().size()));
          int loaded = updates.load();
          if (loaded > 0) {
            log.info("last good state in force resources={}", loaded);
            enroller.target(store.current().enrolments(), false);
          }
          xds.start();
        });
    Thread.ofPlatform().name("admin-start").daemon().start(this::openAdmin);
  }

  private boolean hasLeft(LocalPod pod) {
    PodEnrolment now = enroller.pod(pod.enrolment().runtimeId());
    return now != null && !now.enrolled();
  }

  private PodRuntime runtime() throws IOException {
    RuntimeConfig runtime = config.runtime();
    return switch (runtime.kind()) {
      case NETNS -> new NamedNetnsRuntime(runtime.netnsDirectory());
      case KUBERNETES ->
          new KubernetesPodRuntime(
              runtime.netnsDirectory(), runtime.containerdState(), runtime.proc());
    };
  }

  private static void every(Duration period, LoopState loop, Runnable work) {
    var _ =
        loop.loop()
            .scheduleAtFixedRate(work, period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static void relieve(LoopConnections connections) {
    if (RelayMemory.isScarce()) {
      forEachRelayed(connections, RelayedConnection::relieve);
    }
  }

  private static void forEachRelayed(
      LoopConnections connections, Consumer<RelayedConnection> action) {
    connections.forEach(
        connection -> {
          if (connection instanceof RelayedConnection relayed) {
            action.accept(relayed);
          }
        });
  }

  /** Control thread: a response of the controller is in force. */
  private void received(ResourceType type) {
    if (type == ResourceType.POD_ENROLMENT) {
      enroller.target(store.current().enrolments(), true);
    }
  }

  private void enrolmentsChanged(MeshChange change) {
    if (cni != null && !change.namespaces().isEmpty()) {
      cni.changed();
    }
    if (!change.enrolments().isEmpty()) {
      if (config.controlPlane().onDemand()) {
        change.enrolments().forEach(this::demand);
      }
      enroller.target(change.after().enrolments(), false);
    }
  }

  private CompletableFuture<Void> demand(String key) {
    return xds.demand(ResourceType.ADDRESS, key);
  }

  private void publishMetrics() {
    metrics.gauge(
        "workload_manager_active_proxy_count",
        "Pods of this node that are captured",
        () -> count(EnrolmentStatus.State.ENABLED));
    metrics.gauge(
        "workload_manager_pending_proxy_count",
        "Pods of this node that are to be captured",
        () -> count(EnrolmentStatus.State.PENDING));
    metrics.gauge(
        "groundmesh_state_write_failures",
        "Failed attempts to write the last good state since the start",
        state::failures);
    for (Counter counter : Counter.values()) {
      metrics.gauge(
          "groundmesh_redirection_" + counter.name().toLowerCase(Locale.ROOT),
          "Since the redirection was loaded: the kernel's counter of this name",
          () -> redirection.counters().getOrDefault(counter, 0L));
    }
  }

  private long count(EnrolmentStatus.State wanted) {
    return enroller.status().stream().filter(s -> s.state() == wanted).count();
  }

  /** Enrolment thread: what is known of the pods, or their capture, may have changed. */
  private void enrolmentsMoved() {
    if (speaksForTheNode()) {
      reporter.tell(PodRedirections.of(enroller.pods(), enroller.status()));
    }
    if (cni != null) {
      cni.changed();
    }
  }

  /**
   * While one agent takes over from another both see the pods, and only one has their traffic: what
   * the other would report of them is not so.
   */
  private synchronized boolean speaksForTheNode() {
    return serving && !suspended && !retired;
  }

  /** Enrolment thread: every pod that is asked for was tried once. */
  private void enrolmentAttempted() {
    // Once in an agent's life: while it drains it is not ready either, and what it took back then
    // would be gone with it.
    if (servingBegun || isRetired() || !meshStateKnown()) {
      return;
    }
    servingBegun = true;
    readiness.met(Readiness.Condition.MESH_STATE);
    readiness.met(Readiness.Condition.ENROLMENT);
    Thread.ofPlatform().name("serving").daemon().start(this::serving);
  }

  private boolean meshStateKnown() {
    return xds.status().synced() || !store.current().workloads().isEmpty();
  }

  /** From now on this agent is the node's: the predecessor ends, and a successor may come. */
  private void serving() {
    if (cni != null) {
      cni.serve();
    }
    handover.serving();
    serving = true;
    letCompilersComeForward();
    enrolment.execute(this::enrolmentsMoved);
    Signs given = signs;
    if (given != null) {
      given.give();
    }
    try {
      handover.listen(new Succession());
    } catch (IOException e) {
      log.warn("no successor can take over from this agent: {}", e.getMessage(), e);
    }
    long pending =
        enroller.status().stream().filter(s -> s.state() == EnrolmentStatus.State.PENDING).count();
    log.info(
        "ready node={} pods={} pending={} startMillis={}",
        config.nodeName(),
        pods.all().size(),
        pending,
        ageMillis());
    try {
      var _ =
          enrolment.schedule(
              Agent::letGoOfFilePages, STARTUP_OVER.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("the agent ends before its start is over", e);
    }
  }

  private static long ageMillis() {
    try {
      return ProcessAge.now().toMillis();
    } catch (IOException e) {
      log.debug("the age of the process cannot be read", e);
      return -1;
    }
  }

  private static void letCompilersComeForward() {
    try {
      CompilerThreads.comeForward();
    } catch (IOException e) {
      log.warn("the JVM's compilers stay behind, the first load will be slow: {}", e.getMessage());
    }
  }

  /** What a start or a large change read of files is hardly read again. */
  private static void letGoOfFilePages() {
    try {
      log.debug("let go of pages of files bytes={}", FilePages.letGo());
    } catch (IOException e) {
      log.debug("pages of files stay resident", e);
    }
  }

  private void reportRefusals() {
    redirection.drainEvents(
        event ->
            log.warn(
                "refused in the kernel netnsCookie={} remote={} refusal={} reason={}",
                event.netnsCookie(),
                event.remote(),
                event.refusal(),
                event.reason()));
  }

  /** A predecessor may still have the ports, so this is tried until they are free. */
  private void openAdmin() {
    AdminServer server = new AdminServer(view, telemetry, metrics, agentLog);
    while (true) {
      try {
        server.start(
            InetAddress.getByName(config.admin().ipv6() ? "::" : "0.0.0.0"),
            config.admin().adminPort(),
            config.admin().metricsPort(),
            config.admin().readinessPort());
        break;
      } catch (IOException e) {
        server.close();
        server = new AdminServer(view, telemetry, metrics, agentLog);
        log.debug("admin ports are not free yet", e);
        pause(ADMIN_RETRY_MILLIS);
      }
      synchronized (this) {
        if (ending) {
          return;
        }
      }
    }
    synchronized (this) {
      if (ending || retired) {
        server.close();
      } else {
        admin = server;
      }
    }
  }

  /** What this agent does when a successor comes; on the hand-over's thread. */
  private final class Succession implements Handover.Predecessor {
    @Override
    public void suspend() {
      setSuspended(true);
      control.execute(updates::stopRecording);
      enroller.suspend();
    }

    @Override
    public void resume() {
      control.execute(updates::resumeRecording);
      enroller.resume(Agent.this::takeRedirectionBack);
      if (cni != null) {
        cni.serve();
      }
      setSuspended(false);
      enrolment.execute(Agent.this::enrolmentsMoved);
    }

    @Override
    public void retire() {
      Agent.this.retire(HANDSHAKES);
      setSuspended(false);
      log.info("a successor serves; open connections go on until this agent ends");
    }
  }

  /** Enrolment thread: a successor died after it had taken the redirection over. */
  private void takeRedirectionBack() {
    if (!redirection.handedOver()) {
      return;
    }
    try {
      NodeRedirection former = redirection;
      redirection = NodeRedirection.open(redirectionConfig);
      former.leaveInForce();
    } catch (IOException e) {
      log.error("the redirection cannot be taken back: {}", e.getMessage(), e);
    }
  }

  private synchronized void setSuspended(boolean value) {
    suspended = value;
    notifyAll();
  }

  /**
   * Takes nothing new: listeners closed, GOAWAY on tunnels. Idempotent.
   *
   * @param pause before the listeners close
   */
  private void retire(Duration pause) {
    synchronized (this) {
      if (retired) {
        return;
      }
      retired = true;
      if (admin != null) {
        admin.close();
        admin = null;
      }
    }
    readiness.draining();
    if (cni != null) {
      cni.close();
    }
    enroller.retire(pause);
    flows.drain();
  }

  /**
   * The end: takes nothing new, waits for what is open until the deadline, cuts the rest. Blocks.
   */
  void shutDown() {
    Instant deadline = Instant.now().plus(config.drainDeadline());
    synchronized (this) {
      ending = true;
    }
    awaitSuccessor();
    Departure leaving = departure != null && !isRetired() && departure.isDue() ? departure : null;
    if (leaving != null) {
      leaving.release();
      pause(PEERS_HEAR.toMillis());
    }
    log.info("draining connections={} deadline={}", connections.size(), config.drainDeadline());
    retire(Duration.ZERO);
    awaitNoConnections(deadline);
    int left = connections.size();
    if (left > 0) {
      log.warn("cut at the end of the drain time connections={}", left);
      connections.cutAll(ReasonCode.DRAIN_TIMEOUT);
      awaitNoConnections(Instant.now().plus(CUT_GRACE));
    }
    heartbeat.stop();
    if (signs != null) {
      signs.close();
    }
    if (revocationReload != null) {
      revocationReload.close();
    }
    xds.close();
    certificates.close();
    control.shutdown();
    if (leaving != null) {
      enroller.tearDown();
      enrolment.execute(() -> redirection.close());
    } else {
      enrolment.execute(() -> redirection.leaveInForce());
    }
    enrolment.shutdown();
    await(control);
    await(enrolment);
    loopWatch.stop();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    xdsChannel.close();
    caChannel.close();
    resolver.close();
    handover.close();
    state.close();
    if (leaving != null) {
      leaving.removeState();
    }
    log.info("stopped node={}", config.nodeName());
  }

  private synchronized boolean isRetired() {
    return retired;
  }

  /** A successor that has begun to take over needs our listeners until it serves. */
  private synchronized void awaitSuccessor() {
    long until = System.nanoTime() + HANDOVER_WAIT.toNanos();
    while (suspended && System.nanoTime() < until) {
      try {
        TimeUnit.NANOSECONDS.timedWait(this, until - System.nanoTime());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void awaitNoConnections(Instant deadline) {
    while (connections.size() > 0 && Instant.now().isBefore(deadline)) {
      pause(10);
    }
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void await(ScheduledExecutorService executor) {
    try {
      if (!executor.awaitTermination(2, TimeUnit.SECONDS)) {
        executor.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private NetnsPodCapturer.Dns dns() {
    ResolverConfig upstream = ResolverConfig.read(RESOLV_CONF);
    boolean v6 = upstream.servers().stream().anyMatch(s -> s.getAddress() instanceof Inet6Address);
    DnsProxy proxy =
        new DnsProxy(
            store::current,
            upstream,
            config.clusterDomain(),
            config.preferredServiceNamespace().orElse(null),
            config.admin().ipv6(),
            new SecureRandom(),
            new DnsTelemetry(metrics, agentLog, store::current));
    return new AgentDns(proxy, loops, v6 ? SocketProtocolFamily.INET6 : SocketProtocolFamily.INET);
  }

  private XdsClient xdsClient() {
    List<Subscription> subscriptions =
        Arrays.stream(ResourceType.values())
            .map(
                type ->
                    new Subscription(
                        type,
                        type == ResourceType.ADDRESS && config.controlPlane().onDemand()
                            ? SubscriptionMode.ON_DEMAND
                            : SubscriptionMode.WILDCARD,
                        updates.handlerOf(type)))
            .toList();
    return new XdsClient(
        xdsChannel::channel,
        NodeDescription.of(config),
        subscriptions,
        control,
        Clock.systemUTC(),
        new XdsMetrics(metrics));
  }

  private ControlPlaneChannel channel(
      Transport transport, String address, @Nullable String hostname, boolean forXds) {
    ControlPlaneConfig to = config.controlPlane();
    return new ControlPlaneChannel(
        new ControlPlaneSettings(
            URI.create(address),
            hostname,
            (forXds ? to.xdsRoot() : to.caRoot()).orElse(null),
            to.tokenFile(),
            config.clusterId(),
            forXds ? to.xdsHeaders() : to.caHeaders()),
        transport,
        control);
  }

  private static String version() {
    String version = Agent.class.getPackage().getImplementationVersion();
    return version == null ? "unknown" : version;
  }

  private static ScheduledExecutorService singleThread(String name) {
    return Executors.newSingleThreadScheduledExecutor(
        Thread.ofPlatform().name(name).daemon().factory());
  }

  private static List<IoEventLoop> loopsOf(MultiThreadIoEventLoopGroup group) {
    List<IoEventLoop> loops = new ArrayList<>();
    for (EventExecutor loop : group) {
      loops.add((IoEventLoop) loop);
    }
    return List.copyOf(loops);
  }
}
