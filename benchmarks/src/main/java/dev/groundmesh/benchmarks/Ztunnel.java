package dev.groundmesh.benchmarks;

import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.Pod;
import dev.groundmesh.lab.mesh.Mesh;
import dev.groundmesh.lab.process.Program;
import dev.groundmesh.lab.process.Readiness;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A ztunnel in shared mode, with what its CNI agent would do: the redirection rules in the pods,
 * and the pods' namespaces handed over by its socket. It takes workloads and certificates from our
 * controller.
 *
 * @param binary the program, built elsewhere
 */
record Ztunnel(Mesh mesh, Path binary) implements DataPlane {
  static final String NAME = "ztunnel";

  private static final String PODS_SCRIPT = "ztunnel-pods.py";

  /**
   * The rules of Istio's CNI agent, as nftables: marks tell ztunnel's own sockets (0x539) and the
   * replies to connections that it opened with the client's address (0x111).
   */
  private static final String REDIRECTION =
      """
      table inet ztunnel {
        chain mark_prerouting {
          type filter hook prerouting priority -150
          meta mark and 0xfff == 0x539 ct mark set 0x111
        }
        chain mark_output {
          type route hook output priority -150
          ct mark and 0xfff == 0x111 meta mark set ct mark
        }
        chain redirect_output {
          type nat hook output priority -100
          ct mark and 0xfff == 0x111 accept
          meta mark and 0xfff == 0x539 accept
          oifname "lo" accept
          ip daddr 127.0.0.0/8 accept
          ip6 daddr ::1 accept
          meta l4proto tcp redirect to :15001
        }
        chain redirect_prerouting {
          type nat hook prerouting priority -100
          meta mark and 0xfff == 0x539 accept
          tcp dport 15008 accept
          ip daddr 127.0.0.0/8 accept
          ip6 daddr ::1 accept
          meta l4proto tcp redirect to :15006
        }
      }
      """;

  private static final String ROUTES =
      """
      ip rule add fwmark 0x111/0xfff pref 32764 lookup 100 &&
      ip route add local default dev lo table 100 &&
      ip -6 rule add fwmark 0x111/0xfff pref 32764 lookup 100 &&
      ip -6 route add local default dev lo table 100
      """;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void prepare(Node node) {
    mesh.awaitToken(node);
    var command =
        new ArrayList<>(List.of("python3", script(node).toString(), socket(node).toString()));
    for (Pod pod : node.pods()) {
      redirect(pod);
      command.add(
          String.join(
              ",",
              "Kubernetes//Pod/" + pod.namespace() + "/" + pod.name(),
              pod.namespace(),
              pod.name(),
              pod.serviceAccount(),
              "/run/netns/" + pod.netns()));
    }
    node.program(command).named("ztunnel-pods").start().await(Readiness.logged("listening"));
  }

  @Override
  public void forget(Node node) {
    // It keeps nothing.
  }

  @Override
  public Program launch(Node node) {
    return node.program(binary.toString(), "proxy", "ztunnel")
        .named(NAME)
        .env(mesh.controlPlaneEnvironment(node))
        .env("ALT_XDS_HOSTNAME", "istiod.istio-system.svc")
        .env("ALT_CA_HOSTNAME", "istiod.istio-system.svc")
        .env("INPOD_UDS", socket(node).toString())
        .env("POD_NAME", "ztunnel-" + node.name())
        .env("POD_NAMESPACE", "istio-system")
        .env("SERVICE_ACCOUNT", "ztunnel")
        .start();
  }

  private static Path socket(Node node) {
    return node.directory(NAME).resolve("ztunnel.sock");
  }

  private static void redirect(Pod pod) {
    try {
      Path rules = pod.node().directory(NAME).resolve(pod.name() + ".nft");
      Files.writeString(rules, REDIRECTION);
      pod.exec("nft", "-f", rules.toString());
      pod.exec("sh", "-c", ROUTES);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path script(Node node) {
    Path script = node.directory(NAME).resolve(PODS_SCRIPT);
    try (InputStream source =
        Objects.requireNonNull(Ztunnel.class.getResourceAsStream(PODS_SCRIPT), PODS_SCRIPT)) {
      Files.write(script, source.readAllBytes());
      return script;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
