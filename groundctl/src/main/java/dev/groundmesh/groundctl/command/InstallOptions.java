package dev.groundmesh.groundctl.command;

import dev.groundmesh.groundctl.install.InstallSettings;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What may be chosen of an installation; what is not given stays as it is. */
final class InstallOptions {
  /** What happens to enrolled pods while no agent lives. */
  enum FailMode {
    closed,
    open
  }

  @Option(
      names = "--registry",
      paramLabel = "PREFIX",
      description = "put before the images' names, as in registry.example.com/mesh")
  private @Nullable String registry;

  @Option(names = "--tag", paramLabel = "TAG", description = "of the images")
  private @Nullable String tag;

  @Option(names = "--replicas", paramLabel = "N", description = "of the controller (default: 2)")
  private @Nullable Integer replicas;

  @Option(
      names = "--trust-domain",
      paramLabel = "NAME",
      description = "of SPIFFE identities (default: cluster.local)")
  private @Nullable String trustDomain;

  @Option(
      names = "--cluster-id",
      paramLabel = "ID",
      description = "the cluster in workload uids and metrics (default: Kubernetes)")
  private @Nullable String clusterId;

  @Option(
      names = "--network",
      paramLabel = "ID",
      description = "of the cluster's pods (default: none)")
  private @Nullable String network;

  @Option(
      names = "--fail-mode",
      description =
          "new connections of enrolled pods while no agent lives: ${COMPLETION-CANDIDATES}"
              + " (default: closed)")
  private @Nullable FailMode failMode;

  @Option(
      names = "--exclude-namespaces",
      paramLabel = "NAMES",
      split = ",",
      description = "never enrolled, beside the root namespace (default: kube-system)")
  private @Nullable List<String> excludedNamespaces;

  /** The settings with what was given put over them. */
  InstallSettings over(InstallSettings base) {
    return new InstallSettings(
        base.namespace(),
        registry == null ? base.registry() : registry,
        tag == null ? base.tag() : tag,
        replicas == null ? base.replicas() : replicas,
        trustDomain == null ? base.trustDomain() : trustDomain,
        clusterId == null ? base.clusterId() : clusterId,
        network == null ? base.network() : network,
        failMode == null ? base.failMode() : failMode.name(),
        excludedNamespaces == null ? base.excludedNamespaces() : excludedNamespaces,
        base.besideIstio());
  }

  /** What is wrong with what was given, as {@code --option: value (expected: …)}; null: nothing. */
  @Nullable String mistake() {
    if (replicas != null && replicas < 1) {
      return "--replicas: " + replicas + " (expected: at least 1)";
    }
    if (trustDomain != null && !trustDomain.matches("[a-z0-9]([a-z0-9._-]*[a-z0-9])?")) {
      return "--trust-domain: " + trustDomain + " (expected: a DNS name)";
    }
    if (clusterId != null && !clusterId.matches("[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")) {
      return "--cluster-id: " + clusterId + " (expected: letters, digits, '.', '-' and '_')";
    }
    if (tag != null && !tag.matches("[A-Za-z0-9_][A-Za-z0-9_.-]*")) {
      return "--tag: " + tag + " (expected: an image's tag)";
    }
    return null;
  }
}
