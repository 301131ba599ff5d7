package dev.groundmesh.groundctl.kube;

import io.fabric8.kubernetes.api.model.AuthInfo;
import io.fabric8.kubernetes.api.model.Cluster;
import io.fabric8.kubernetes.api.model.Config;
import io.fabric8.kubernetes.api.model.ConfigBuilder;
import io.fabric8.kubernetes.api.model.NamedAuthInfo;
import io.fabric8.kubernetes.api.model.NamedCluster;
import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The kubeconfig files in use, merged by kubectl's rules: files that do not exist are passed over,
 * the first that sets the current context or names a cluster, user or context wins, and paths are
 * relative to the file they stand in.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/">
 *     Organizing cluster access using kubeconfig files</a>
 */
final class KubeConfigFiles {
  /**
   * What the files say together.
   *
   * @param yaml one kubeconfig without relative paths
   */
  record Merged(String context, String namespace, String yaml) {}

  private final List<Path> files;

  KubeConfigFiles(List<Path> files) {
    this.files = files.stream().filter(Files::exists).toList();
  }

  /** One file that must exist. */
  static KubeConfigFiles single(Path file) {
    if (!Files.isReadable(file)) {
      throw new KubeConfigException(
          "--kubeconfig: " + file + " (expected: a file that can be read)", null);
    }
    return new KubeConfigFiles(List.of(file));
  }

  /** Those of {@code KUBECONFIG}, else {@code ~/.kube/config}. */
  static KubeConfigFiles ofEnvironment(Map<String, String> environment) {
    String listed = environment.getOrDefault("KUBECONFIG", "");
    if (!listed.isEmpty()) {
      return new KubeConfigFiles(
          Stream.of(listed.split(File.pathSeparator, -1))
              .filter(name -> !name.isEmpty())
              .map(Path::of)
              .toList());
    }
    String home = environment.getOrDefault("HOME", System.getProperty("user.home"));
    return new KubeConfigFiles(List.of(Path.of(home, ".kube", "config")));
  }

  boolean isEmpty() {
    return files.isEmpty();
  }

  Merged merge(@Nullable String wanted) {
    Map<String, NamedCluster> clusters = new LinkedHashMap<>();
    Map<String, NamedAuthInfo> users = new LinkedHashMap<>();
    Map<String, NamedContext> contexts = new LinkedHashMap<>();
    String current = "";
    for (Path file : files) {
      Config config = parse(file);
      if (current.isEmpty() && config.getCurrentContext() != null) {
        current = config.getCurrentContext();
      }
      config.getClusters().forEach(each -> clusters.putIfAbsent(each.getName(), each));
      config.getUsers().forEach(each -> users.putIfAbsent(each.getName(), each));
      config.getContexts().forEach(each -> contexts.putIfAbsent(each.getName(), each));
    }
    String name = wanted == null ? current : wanted;
    NamedContext context = contexts.get(name);
    if (context == null || context.getContext() == null) {
      throw new KubeConfigException(
          (wanted == null ? "current-context: " : "--context: ")
              + (name.isEmpty() ? "(unset)" : name)
              + " (expected: one of "
              + String.join(", ", contexts.keySet())
              + " of "
              + shown()
              + ')',
          null);
    }
    String cluster = context.getContext().getCluster();
    if (cluster == null || !clusters.containsKey(cluster)) {
      throw new KubeConfigException(
          "contexts." + name + ".cluster: " + cluster + " (expected: a cluster of " + shown() + ')',
          null);
    }
    String user = context.getContext().getUser();
    if (user != null && !user.isEmpty() && !users.containsKey(user)) {
      throw new KubeConfigException(
          "contexts." + name + ".user: " + user + " (expected: a user of " + shown() + ')', null);
    }
    Config merged =
        new ConfigBuilder()
            .withApiVersion("v1")
            .withKind("Config")
            .withClusters(new ArrayList<>(clusters.values()))
            .withUsers(new ArrayList<>(users.values()))
            .withContexts(new ArrayList<>(contexts.values()))
            .withCurrentContext(name)
            .build();
    String namespace = context.getContext().getNamespace();
    return new Merged(
        name,
        namespace == null || namespace.isEmpty() ? "default" : namespace,
        Serialization.asYaml(merged));
  }

  private String shown() {
    return String.join(File.pathSeparator, files.stream().map(Path::toString).toList());
  }

  private static Config parse(Path file) {
    Config config;
    try {
      config = Serialization.unmarshal(Files.readString(file), Config.class);
    } catch (IOException | RuntimeException e) {
      throw new KubeConfigException(
          file + ": " + e.getMessage() + " (expected: a kubeconfig file)", e);
    }
    if (config == null) {
      return new Config();
    }
    Path folder = file.toAbsolutePath().resolveSibling("");
    for (NamedCluster named : config.getClusters()) {
      Cluster cluster = named.getCluster();
      if (cluster != null) {
        absolute(folder, cluster.getCertificateAuthority(), cluster::setCertificateAuthority);
      }
    }
    for (NamedAuthInfo named : config.getUsers()) {
      AuthInfo user = named.getUser();
      if (user != null) {
        absolute(folder, user.getClientCertificate(), user::setClientCertificate);
        absolute(folder, user.getClientKey(), user::setClientKey);
        absolute(folder, user.getTokenFile(), user::setTokenFile);
        if (user.getExec() != null && user.getExec().getCommand().contains("/")) {
          absolute(folder, user.getExec().getCommand(), user.getExec()::setCommand);
        }
      }
    }
    return config;
  }

  private static void absolute(Path folder, @Nullable String path, Consumer<String> set) {
    if (path != null && !path.isEmpty()) {
      set.accept(folder.resolve(path).toString());
    }
  }
}
