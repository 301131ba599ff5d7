package dev.groundmesh.groundctl.command;

import dev.groundmesh.groundctl.kube.KubeContext;
import dev.groundmesh.groundctl.mesh.MeshClient;
import dev.groundmesh.groundctl.mesh.MeshException;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "rotate-root",
    description = {
      "takes the next step to a new root certificate",
      "first all trust it, then certificates are of it, then the old one goes; asked again, or in a cluster by itself, it takes the next step once it is due"
    })
final class RotateRootCommand implements Callable<Integer> {
  private static final String SECRET = "groundmesh-ca";
  private static final String TOKEN = "admin-token";

  @Mixin private MeshOptions options = new MeshOptions();

  @Option(
      names = "--admin-token-file",
      paramLabel = "FILE",
      description =
          "the controller's admin token (default: in a cluster, that of Secret " + SECRET + ")")
  private @Nullable Path tokenFile;

  @Option(names = "--force", description = "do not wait until the step is due")
  private boolean force;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    String token = token();
    try (MeshClient mesh = options.client()) {
      PrintWriter out = Streams.out(spec);
      out.println(mesh.postToController("/ca/rotate" + (force ? "?force=true" : ""), token));
      out.flush();
      return ExitCode.OK;
    }
  }

  private String token() throws IOException {
    if (tokenFile != null) {
      return Files.readString(tokenFile).strip();
    }
    Optional<KubeContext> cluster = options.cluster();
    if (cluster.isEmpty()) {
      throw new ParameterException(
          Streams.line(spec),
          "--admin-token-file: (unset) (expected: a file, outside of a cluster)");
    }
    String namespace = options.kube().rootNamespace();
    try (KubernetesClient client = cluster.get().connect()) {
      Secret secret = client.secrets().inNamespace(namespace).withName(SECRET).get();
      String encoded = secret == null ? null : secret.getData().get(TOKEN);
      if (encoded == null) {
        throw new MeshException(
            "Secret "
                + namespace
                + '/'
                + SECRET
                + ": no "
                + TOKEN
                + " (expected: an installed mesh)",
            null);
      }
      return new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8).strip();
    }
  }
}
