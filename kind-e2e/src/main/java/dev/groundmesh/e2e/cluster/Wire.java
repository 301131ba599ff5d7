package dev.groundmesh.e2e.cluster;

import dev.groundmesh.lab.capture.Packets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A running capture of a node's wire. What it answers covers all that crossed the wire before the
 * question: each question first sends a datagram of its own to the node and waits until the capture
 * has it.
 */
public final class Wire implements AutoCloseable {
  private static final AtomicInteger SERIAL = new AtomicInteger();
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int DISCARD_PORT = 9;

  private final Process tcpdump;
  private final Path file;
  private final ClusterNode node;

  private Wire(Process tcpdump, Path file, ClusterNode node) {
    this.tcpdump = tcpdump;
    this.file = file;
    this.node = node;
  }

  static Wire open(Path tool, ClusterNode node) {
    try {
      Path file = Files.createTempFile("groundmesh-wire-", ".pcap");
      Process tcpdump =
          new ProcessBuilder(
                  tool.toString(),
                  "exec",
                  node.name(),
                  "tcpdump",
                  "-i",
                  "eth0",
                  "-n",
                  "-U",
                  "-s",
                  "0",
                  "--immediate-mode",
                  "-B",
                  "65536",
                  "-w",
                  "-",
                  "tcp or udp port 9")
              .redirectOutput(file.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      var wire = new Wire(tcpdump, file, node);
      Await.until(
          "the capture on " + node.name(),
          LIMIT,
          () -> new Await.Seen(tcpdump.isAlive() && wire.marked() != null, "no packet"));
      return wire;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether any TCP direction carried this text. */
  public boolean saw(String text) {
    return packets().carried(text.getBytes(StandardCharsets.UTF_8));
  }

  /** All packets so far. */
  public Packets packets() {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (System.nanoTime() < deadline) {
      Packets packets = marked();
      if (packets != null) {
        return packets.withoutUdpTo(DISCARD_PORT);
      }
    }
    throw new AssertionError("the capture on " + node.name() + " ended: " + file);
  }

  /** Sends a marker and reads what came before it; null if it did not come soon. */
  private @Nullable Packets marked() {
    byte[] marker = ("wire-marker-" + SERIAL.incrementAndGet()).getBytes(StandardCharsets.UTF_8);
    try (var socket = new DatagramSocket()) {
      socket.send(
          new DatagramPacket(
              marker, marker.length, InetAddress.getByName(node.address()), DISCARD_PORT));
      for (int tries = 0; tries < 100; tries++) {
        Packets packets = Packets.parse(Files.readAllBytes(file));
        if (packets.carried(marker)) {
          return packets;
        }
        Thread.sleep(10);
      }
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    // The tool's children first: it does not pass a signal on.
    tcpdump.descendants().forEach(ProcessHandle::destroy);
    tcpdump.destroy();
    try {
      tcpdump.waitFor(5, TimeUnit.SECONDS);
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
