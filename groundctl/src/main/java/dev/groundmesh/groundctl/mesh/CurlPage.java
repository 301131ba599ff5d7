package dev.groundmesh.groundctl.mesh;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A page that curl asks: an agent's listens on its node's localhost, which on one machine is a
 * network namespace of its own, and a process can be started in one more simply than this JVM can
 * enter it.
 */
record CurlPage(Endpoint endpoint) implements AdminPage {
  private static final int LIMIT_SECONDS = 10;

  @Override
  public String send(String method, String path, @Nullable String bearer) {
    List<String> curl =
        List.of(
            "curl",
            // Neither a user's settings nor a proxy have a part in it, and a token is for the mesh
            // alone.
            "--disable",
            "--noproxy",
            "*",
            "--silent",
            "--show-error",
            "--fail-with-body",
            "--max-time",
            Integer.toString(LIMIT_SECONDS),
            "--request",
            method,
            // By standard input: a command line is for everyone on the machine to see.
            "--header",
            "@-",
            endpoint.url() + path);
    String netns = endpoint.netns();
    List<String> command =
        netns == null
            ? curl
            : Stream.concat(Stream.of("ip", "netns", "exec", netns), curl.stream()).toList();
    try {
      Process process = new ProcessBuilder(command).start();
      try (OutputStream headers = process.getOutputStream()) {
        if (bearer != null) {
          headers.write(
              ("Authorization: Bearer " + bearer + '\n').getBytes(StandardCharsets.UTF_8));
        }
      }
      String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      String error = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(LIMIT_SECONDS + 1, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new MeshException(this + path + ": no answer within " + LIMIT_SECONDS + " s", null);
      }
      if (process.exitValue() != 0) {
        throw new MeshException(this + path + ": " + (error + " " + answer).strip(), null);
      }
      return answer;
    } catch (IOException e) {
      throw new MeshException(this + path + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MeshException(this + path + ": interrupted", e);
    }
  }

  @Override
  public String toString() {
    return endpoint.toString();
  }
}
