package dev.groundmesh.benchmarks;

import dev.groundmesh.lab.Pod;
import dev.groundmesh.lab.process.Readiness;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a server pod runs: nginx with a body of 128 bytes, and iperf3. */
final class Servers {
  static final int HTTP = 8080;
  static final int IPERF = 5201;

  private Servers() {}

  static void start(Pod pod, Path directory) {
    try {
      Path home = Files.createDirectories(directory.resolve(pod.name()));
      Path config = home.resolve("nginx.conf");
      Files.writeString(config, nginx(home));
      pod.program("nginx", "-p", home.toString(), "-e", "stderr", "-c", config.toString())
          .start()
          .await(Readiness.listening(HTTP));
      pod.program("iperf3", "-s").start().await(Readiness.listening(IPERF));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String nginx(Path home) {
    return """
        daemon off;
        worker_processes 2;
        pid %1$s/nginx.pid;
        error_log stderr;
        events { worker_connections 8192; }
        http {
          access_log off;
          keepalive_requests 1000000000;
          keepalive_timeout 3600;
          client_body_temp_path %1$s/body;
          proxy_temp_path %1$s/proxy;
          fastcgi_temp_path %1$s/fastcgi;
          uwsgi_temp_path %1$s/uwsgi;
          scgi_temp_path %1$s/scgi;
          server {
            listen %2$d backlog=4096;
            location / { default_type text/plain; return 200 "%3$s"; }
          }
        }
        """
        .formatted(home, HTTP, "x".repeat(128));
  }
}
