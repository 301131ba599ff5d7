package dev.groundmesh.lab.capture;

import dev.groundmesh.lab.process.Program;
import dev.groundmesh.lab.process.ProgramSpec;
import dev.groundmesh.lab.process.Readiness;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * A running capture of one device by tcpdump. What it answers covers all that crossed the device
 * before the question: each question first waits until a marker of its own has come through the
 * capture.
 */
public final class Capture implements AutoCloseable {
  /** Java code run inside the capturing host's network namespace. */
  public interface Inside {
    <T> T run(Callable<T> work) throws Exception;
  }

  private static final AtomicInteger SERIAL = new AtomicInteger();
  private static final Duration MARKER_LIMIT = Duration.ofSeconds(30);
  private static final int DISCARD_PORT = 9;
  private static final InetAddress ALL_NODES = InetAddress.ofLiteral("ff02::1");

  private final Program tcpdump;
  private final Path file;
  private final Inside inside;
  private final InetAddress markerTarget;

  private Capture(Program tcpdump, Path file, Inside inside, InetAddress markerTarget) {
    this.tcpdump = tcpdump;
    this.file = file;
    this.inside = inside;
    this.markerTarget = markerTarget;
  }

  /** Starts tcpdump and waits until it listens; used by hosts of the lab. */
  public static Capture start(
      Function<List<String>, ProgramSpec> launcher,
      Inside inside,
      Path directory,
      String host,
      String device,
      String filter) {
    Path file = directory.resolve(host + "-" + device + "-" + SERIAL.incrementAndGet() + ".pcap");
    var command =
        new ArrayList<>(
            List.of(
                "tcpdump",
                "-i",
                device,
                "-n",
                "-p",
                "-s",
                "0",
                "-U",
                "--immediate-mode",
                "-Z",
                "root",
                "-B",
                "65536",
                "-w",
                file.toString()));
    if (!filter.isEmpty()) {
      command.add("(" + filter + ") or (udp and dst port " + DISCARD_PORT + ")");
    }
    Program tcpdump = launcher.apply(command).start().await(Readiness.logged("listening on"));
    return new Capture(tcpdump, file, inside, everybodyOn(inside, device));
  }

  private static InetAddress everybodyOn(Inside inside, String device) {
    try {
      int index = inside.run(() -> NetworkInterface.getByName(device).getIndex());
      return Inet6Address.getByAddress(null, ALL_NODES.getAddress(), index);
    } catch (Exception e) {
      throw new IllegalStateException(device + ": no such device", e);
    }
  }

  /** The capture file, for reading with other tools. */
  public Path file() {
    return file;
  }

  /** Whether any TCP direction or UDP datagram carried this text (UTF-8). */
  public boolean saw(String text) {
    return saw(text.getBytes(StandardCharsets.UTF_8));
  }

  public boolean saw(byte[] bytes) {
    return packets().carried(bytes);
  }

  /** All packets so far. */
  public Packets packets() {
    byte[] marker =
        ("groundmesh-lab-marker-" + SERIAL.incrementAndGet() + "-" + System.nanoTime())
            .getBytes(StandardCharsets.UTF_8);
    long deadline = System.nanoTime() + MARKER_LIMIT.toNanos();
    try {
      inside.run(
          () -> {
            try (var socket = new DatagramSocket()) {
              socket.send(new DatagramPacket(marker, marker.length, markerTarget, DISCARD_PORT));
            }
            return true;
          });
      while (System.nanoTime() < deadline) {
        Packets packets = Packets.parse(Files.readAllBytes(file));
        if (packets.carried(marker)) {
          return packets.withoutUdpTo(DISCARD_PORT);
        }
        Thread.sleep(5);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (Exception e) {
      throw new IllegalStateException("the capture's marker cannot be sent", e);
    }
    throw new IllegalStateException(
        file + ": the marker did not come within " + MARKER_LIMIT + "\n" + tcpdump.log());
  }

  @Override
  public void close() {
    tcpdump.close();
  }
}
