package dev.groundmesh.benchmarks;

import dev.groundmesh.lab.HttpAnswer;
import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.Pod;
import dev.groundmesh.lab.process.Program;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** What a mesh's program of one node costs beside CPU: memory, and the time until it serves. */
enum Footprint {
  /** From launching a program, alone, on a node that never had one, until it serves. */
  START("start") {
    @Override
    void measure(Testbed testbed, Subject subject, int repetitions, Consumer<Sample> out) {
      for (int i = 0; i < repetitions; i++) {
        subject.forget();
        startAlone(subject, out);
      }
    }
  },
  /** The same where a program has run before and left what it keeps on disk. */
  RESTART("restart") {
    @Override
    void measure(Testbed testbed, Subject subject, int repetitions, Consumer<Sample> out) {
      subject.start();
      awaitAnswer(subject);
      subject.stop();
      for (int i = 0; i < repetitions; i++) {
        startAlone(subject, out);
      }
    }
  },
  /**
   * From launching the programs of both nodes at once, the first there, to an answer through them.
   */
  START_BOTH("start-both") {
    @Override
    void measure(Testbed testbed, Subject subject, int repetitions, Consumer<Sample> out) {
      for (int i = 0; i < repetitions; i++) {
        subject.forget();
        subject.start();
        ready(subject, out);
        awaitAnswer(subject);
        out.accept(new Sample("first-request", "ms", millis(subject.clientProxy().age())));
        subject.stop();
      }
    }
  },
  /** The first 10 seconds of load after a start, nothing warmed up. */
  COLD("cold-10s") {
    @Override
    void measure(Testbed testbed, Subject subject, int repetitions, Consumer<Sample> out) {
      for (int i = 0; i < repetitions; i++) {
        subject.start();
        TrafficCase.WRK_50.run(subject, 10, 2).forEach(out);
        subject.stop();
      }
    }
  },
  /** Resident memory with ten enrolled pods on the node and no traffic. */
  IDLE("idle-10-pods") {
    @Override
    void measure(Testbed testbed, Subject subject, int repetitions, Consumer<Sample> out) {
      subject.start();
      pause(IDLE_FOR);
      out.accept(new Sample("rss", "MiB", rss(subject.clientProxy()) / MIB));
      subject.stop();
    }
  },
  /**
   * Resident memory that each of a thousand idle relayed connections adds, to a program that has
   * carried some before: what the first ones need once is no cost of a connection.
   */
  CONNECTIONS("idle-connections") {
    @Override
    void measure(Testbed testbed, Subject subject, int repetitions, Consumer<Sample> out) {
      subject.start();
      awaitAnswer(subject);
      pause(IDLE_FOR);
      var sockets = new ArrayList<Socket>();
      try (ServerSocket listener = listen(subject.across().server())) {
        sockets.addAll(connect(subject, listener, FIRST_CONNECTIONS));
        settle();
        double client = rss(subject.clientProxy());
        double server = rss(subject.serverProxy());
        sockets.addAll(connect(subject, listener, IDLE_CONNECTIONS));
        settle();
        out.accept(
            new Sample(
                "client-node",
                "KiB",
                (rss(subject.clientProxy()) - client) / KIB / IDLE_CONNECTIONS));
        out.accept(
            new Sample(
                "server-node",
                "KiB",
                (rss(subject.serverProxy()) - server) / KIB / IDLE_CONNECTIONS));
      } catch (IOException e) {
        throw new IllegalStateException(e);
      } finally {
        sockets.forEach(Footprint::closeQuietly);
      }
      subject.stop();
    }
  },
  /** Resident memory that ten thousand workloads and a thousand services add. */
  WORKLOADS("10k-workloads") {
    @Override
    void measure(Testbed testbed, Subject subject, int repetitions, Consumer<Sample> out) {
      subject.start();
      pause(IDLE_FOR);
      double before = rss(subject.clientProxy());
      testbed.lab().manifests().apply(MANY, ManyWorkloads.manifests(10_000, 1_000));
      awaitConfig(subject.serverNode(), ManyWorkloads.lastName(10_000), true);
      pause(IDLE_FOR);
      out.accept(new Sample("rss-added", "MiB", (rss(subject.clientProxy()) - before) / MIB));
      testbed.lab().manifests().remove(MANY);
      awaitConfig(subject.serverNode(), ManyWorkloads.lastName(10_000), false);
      subject.stop();
    }
  },
  /**
   * The most resident memory that either node's program had under the loads of the traffic cases.
   */
  UNDER_LOAD("under-load") {
    @Override
    void measure(Testbed testbed, Subject subject, int repetitions, Consumer<Sample> out) {
      subject.start();
      for (TrafficCase load :
          List.of(TrafficCase.IPERF3_8, TrafficCase.WRK_50, TrafficCase.NEW_CONNECTIONS)) {
        load.run(subject, 3, 2);
      }
      long peak =
          Math.max(
              subject.clientProxy().status().peakRssBytes(),
              subject.serverProxy().status().peakRssBytes());
      out.accept(new Sample("peak-rss", "MiB", peak / MIB));
      subject.stop();
    }
  };

  /**
   * Idle is what is left when compilers and allocators have given back what the start took, and
   * when what is done every half minute, such as a ping to the controller, was done once.
   */
  private static final Duration IDLE_FOR = Duration.ofSeconds(45);

  private static final double KIB = 1024;
  private static final double MIB = 1024 * KIB;
  private static final int FIRST_CONNECTIONS = 100;
  private static final int IDLE_CONNECTIONS = 1_000;
  private static final int IDLE_PORT = 9000;
  private static final int ADMIN_PORT = 15000;
  private static final String MANY = "many-workloads.yaml";
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final String caseName;

  Footprint(String caseName) {
    this.caseName = caseName;
  }

  String caseName() {
    return caseName;
  }

  /** Measures a subject that is prepared and not started, and leaves it so. */
  abstract void measure(Testbed testbed, Subject subject, int repetitions, Consumer<Sample> out);

  private static void startAlone(Subject subject, Consumer<Sample> out) {
    subject.startInTurn();
    ready(subject, out);
    awaitAnswer(subject);
    subject.stop();
  }

  private static void ready(Subject subject, Consumer<Sample> out) {
    out.accept(new Sample("ready", "ms", millis(subject.readyAfter())));
  }

  private static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }

  private static long rss(Program program) {
    return program.status().rssBytes();
  }

  /**
   * Long enough for what a start or a burst leaves to be done: certificates, compilers, timers, and
   * allocators, which give back every five seconds.
   */
  private static void settle() {
    pause(Duration.ofSeconds(8));
  }

  private static void pause(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void awaitAnswer(Subject subject) {
    PodPair pair = subject.across();
    await(
        "an answer of " + pair.server() + " to " + pair.client(),
        () -> pair.client().get(pair.server().ipv4(), Servers.HTTP, "/").status() == 200);
  }

  private static void awaitConfig(Node node, String text, boolean present) {
    await(
        (present ? "" : "no ") + text + " in the config dump of " + node,
        () -> {
          pause(Duration.ofMillis(200));
          HttpAnswer dump = node.get(ADMIN_PORT, "/config_dump");
          return dump.status() == 200 && dump.body().contains(text) == present;
        });
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("not within " + LIMIT + ": " + what);
      }
      pause(Duration.ofMillis(1));
    }
  }

  private static ServerSocket listen(Pod server) {
    try {
      return server.inside(() -> new ServerSocket(IDLE_PORT, IDLE_CONNECTIONS));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Both ends of the connections, each of which has carried a byte. */
  private static List<Socket> connect(Subject subject, ServerSocket listener, int count) {
    var address = new InetSocketAddress(subject.across().server().ipv4(), IDLE_PORT);
    try {
      return subject
          .across()
          .client()
          .inside(
              () -> {
                var sockets = new ArrayList<Socket>();
                for (int i = 0; i < count; i++) {
                  var client = new Socket();
                  client.connect(address, (int) LIMIT.toMillis());
                  client.getOutputStream().write(1);
                  Socket server = listener.accept();
                  server.getInputStream().read();
                  sockets.add(client);
                  sockets.add(server);
                }
                return sockets;
              });
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // The figures are taken already.
    }
  }
}
