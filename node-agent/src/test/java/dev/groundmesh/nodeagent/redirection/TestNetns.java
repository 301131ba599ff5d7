package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** A named network namespace of a test, with the programs in it. */
final class TestNetns implements AutoCloseable {
  private static final AtomicInteger serial = new AtomicInteger();

  private final String name;
  private final List<Program> programs = new ArrayList<>();

  TestNetns(String what) {
    name = "kernel-" + ProcessHandle.current().pid() + "-" + serial.incrementAndGet() + "-" + what;
    host("ip", "netns", "add", name);
    run("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad; ip link set lo up");
  }

  /**
   * Joins two namespaces by a veth pair, with these addresses (with prefix lengths) on either end.
   */
  static void join(
      TestNetns one,
      String device,
      List<String> addresses,
      TestNetns other,
      String otherDevice,
      List<String> otherAddresses) {
    host(
        "ip",
        "link",
        "add",
        device,
        "netns",
        one.name,
        "type",
        "veth",
        "peer",
        "name",
        otherDevice,
        "netns",
        other.name);
    one.up(device, addresses);
    other.up(otherDevice, otherAddresses);
  }

  private void up(String device, List<String> addresses) {
    for (String address : addresses) {
      run("ip", "addr", "add", address, "dev", device);
    }
    run("ip", "link", "set", device, "up");
  }

  String name() {
    return name;
  }

  Path path() {
    return Path.of("/var/run/netns", name);
  }

  NetnsHandle open() throws IOException {
    return NetnsHandle.open(path());
  }

  /** Runs a command in the namespace to its end and returns what it printed. */
  String run(String... command) {
    return host(in(command).toArray(String[]::new));
  }

  /** Runs a Python program in the namespace to its end and returns what it printed. */
  String python(String program, Object... arguments) {
    return run(python3(program, arguments));
  }

  /** Starts a Python program in the namespace and waits for its first line. */
  Program startPython(String program, Object... arguments) {
    return start("", python3(program, arguments));
  }

  /** Starts a program in the namespace and waits for its first line that begins so. */
  Program start(String answer, String... command) {
    Program program = new Program(answer, in(command));
    programs.add(program);
    program.readLine();
    return program;
  }

  private static String[] python3(String program, Object... arguments) {
    List<String> command = new ArrayList<>(List.of("python3", "-u", "-c", program));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return command.toArray(String[]::new);
  }

  private List<String> in(String... command) {
    List<String> all = new ArrayList<>(List.of("nsenter", "--net=" + path()));
    all.addAll(List.of(command));
    return all;
  }

  /**
   * Deletes the namespace's name, as the deletion of a pod does; what is open in it keeps it alive.
   */
  void delete() {
    host("ip", "netns", "del", name);
  }

  @Override
  public void close() {
    programs.forEach(Program::close);
    if (path().toFile().exists()) {
      delete();
    }
  }

  /** Waits until it is so, at most 30 s. */
  static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not so within 30 s");
      }
      LockSupport.parkNanos(20_000_000);
    }
  }

  private static String host(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new AssertionError(String.join(" ", command) + ": " + output);
      }
      return output.strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** A program that is talked to by lines. */
  static final class Program implements AutoCloseable {
    /** Not this process's own standard error: a program that outlived it would hold that open. */
    private static final File LOG =
        new File(System.getProperty("java.io.tmpdir"), "groundmesh-test-programs.log");

    private final String answer;
    private final Process process;
    private final BufferedReader out;
    private final Writer in;

    /**
     * @param answer what those lines begin with that are meant for the test
     */
    Program(String answer, List<String> command) {
      this.answer = answer;
      try {
        process =
            new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(LOG))
                .start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      out = process.inputReader();
      in = process.outputWriter();
    }

    /** The next line for the test. A program that says none for a minute is killed. */
    String readLine() {
      Thread patience = Thread.startVirtualThread(this::killAfterAMinute);
      try {
        String line;
        do {
          line = out.readLine();
          if (line == null) {
            throw new AssertionError("ended with " + process.waitFor());
          }
        } while (!line.startsWith(answer));
        return line.substring(answer.length());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      } finally {
        patience.interrupt();
      }
    }

    private void killAfterAMinute() {
      try {
        Thread.sleep(Duration.ofMinutes(1));
        process.destroyForcibly();
      } catch (InterruptedException e) {
        // It has answered.
      }
    }

    /** Writes a line and returns the next that comes. */
    String ask(String line) {
      try {
        in.write(line + "\n");
        in.flush();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return readLine();
    }

    /** Kills it, as a crash would, and waits for its end. */
    void kill() {
      process.destroyForcibly();
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void close() {
      kill();
    }
  }
}
