package dev.groundmesh.controller;

import dev.groundmesh.meshapi.control.RootConfigMapNames;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a controller is told at its start, by flags ({@code --name=value}) or the environment; a
 * flag wins.
 *
 * @param source where objects come from, and where the controller keeps its own state
 * @param xdsAddress TLS, xDS and certificates
 * @param adminAddress plain HTTP
 * @param trustedNodeAccounts {@code namespace/serviceAccount} of node agents
 * @param agentAccount the service account, in the root namespace, that node tokens are made for
 * @param tokenLifetime of node tokens
 * @param certificateLifetime of leaves when a request names none
 * @param maxCertificateLifetime a request for more is refused
 * @param caCertificates the files of Istio's {@code cacerts}; null: a root of our own
 * @param servingNames host names and addresses in the controller's own certificate, beside the
 *     usual ones
 * @param debounce how long changes are gathered before they are sent on
 */
record ControllerSettings(
    Source source,
    InetSocketAddress xdsAddress,
    InetSocketAddress adminAddress,
    String trustDomain,
    String rootNamespace,
    String clusterId,
    String clusterDomain,
    String network,
    Set<String> excludedNamespaces,
    boolean denyWhatL4CannotMatch,
    boolean allowDryRun,
    boolean refuseWithoutWaypoint,
    Set<String> trustedNodeAccounts,
    String agentAccount,
    Duration tokenLifetime,
    Duration certificateLifetime,
    Duration maxCertificateLifetime,
    @Nullable Path caCertificates,
    List<String> servingNames,
    Duration debounce) {

  /** Where objects come from. */
  sealed interface Source {

    /**
     * A folder of manifests.
     *
     * @param manifests the watched folder
     * @param stateDirectory for keys, tokens and roots
     */
    record Folder(Path manifests, Path stateDirectory) implements Source {}

    /**
     * A cluster; nothing is kept on disk.
     *
     * @param kubeconfig null: the pod's own account, or else kubectl's default
     * @param context of the kubeconfig; empty: its current one
     * @param namespace the controller is installed in; its Secrets are there
     * @param replica tells this replica from the others
     * @param webhookAddress where the API server asks about objects, HTTPS
     */
    record Kubernetes(
        @Nullable Path kubeconfig,
        String context,
        String namespace,
        String replica,
        String rootConfigMap,
        InetSocketAddress webhookAddress)
        implements Source {}
  }

  /** One setting, as users see it. */
  private record Option(
      String flag, String variable, @Nullable String defaultValue, String meaning) {}

  private static final List<Option> OPTIONS =
      List.of(
          new Option(
              "source",
              "GROUNDMESH_SOURCE",
              "folder",
              "where objects come from: folder, or kubernetes"),
          new Option(
              "manifests",
              "GROUNDMESH_MANIFESTS",
              null,
              "folder of manifests, watched; source folder only"),
          new Option(
              "state-dir",
              "GROUNDMESH_STATE_DIR",
              null,
              "directory for keys, tokens and roots; source folder only"),
          new Option(
              "kubeconfig",
              "GROUNDMESH_KUBECONFIG",
              "",
              "file; none: the pod's account, or kubectl's default; source kubernetes only"),
          new Option(
              "context",
              "GROUNDMESH_CONTEXT",
              "",
              "of the kubeconfig; none: its current one; source kubernetes only"),
          new Option(
              "namespace",
              "POD_NAMESPACE",
              "istio-system",
              "where the controller is installed; source kubernetes only"),
          new Option(
              "replica",
              "POD_NAME",
              "",
              "name of this replica; none: made up; source kubernetes only"),
          new Option(
              "root-config-map",
              "GROUNDMESH_ROOT_CONFIG_MAP",
              RootConfigMapNames.ISTIO,
              "the ConfigMap of every namespace that holds the roots; source kubernetes only"),
          new Option(
              "xds-address", "GROUNDMESH_XDS_ADDRESS", "[::]:15012", "xDS and certificates, TLS"),
          new Option(
              "admin-address",
              "GROUNDMESH_ADMIN_ADDRESS",
              "127.0.0.1:15014",
              "metrics and debug pages, HTTP"),
          new Option(
              "webhook-address",
              "GROUNDMESH_WEBHOOK_ADDRESS",
              "[::]:15017",
              "validation of objects, HTTPS; source kubernetes only"),
          new Option("trust-domain", "TRUST_DOMAIN", "cluster.local", "of SPIFFE identities"),
          new Option(
              "root-namespace",
              "ROOT_NAMESPACE",
              "istio-system",
              "where policies apply to the whole mesh"),
          new Option("cluster-id", "CLUSTER_ID", "Kubernetes", "first part of workload uids"),
          new Option(
              "cluster-domain", "DOMAIN_SUFFIX", "cluster.local", "suffix of service host names"),
          new Option("network", "NETWORK", "", "network of this cluster's pods"),
          new Option(
              "excluded-namespaces",
              "GROUNDMESH_EXCLUDED_NAMESPACES",
              "kube-system,istio-system",
              "namespaces that are never enrolled"),
          new Option(
              "l7-deny",
              "GROUNDMESH_L7_DENY",
              "deny",
              "what becomes of DENY rules that only L7 could match: deny, or ignore (Istio)"),
          new Option(
              "dry-run",
              "GROUNDMESH_DRY_RUN",
              "refuse",
              "what becomes of policies annotated istio.io/dry-run: allow, or refuse (Istio)"),
          new Option(
              "missing-waypoint",
              "GROUNDMESH_MISSING_WAYPOINT",
              "refuse",
              "what becomes of traffic whose waypoint is missing or not ready: refuse, or bypass (Istio)"),
          new Option(
              "trusted-node-accounts",
              "CA_TRUSTED_NODE_ACCOUNTS",
              "istio-system/ztunnel",
              "accounts of node agents, beside our own"),
          new Option(
              "agent-account",
              "GROUNDMESH_AGENT_ACCOUNT",
              "groundmesh-agent",
              "service account of node agents, in the root namespace"),
          new Option(
              "token-ttl",
              "GROUNDMESH_TOKEN_TTL",
              "12h",
              "lifetime of node tokens; source folder only"),
          new Option(
              "certificate-ttl",
              "DEFAULT_WORKLOAD_CERT_TTL",
              "24h",
              "lifetime of certificates when a request names none"),
          new Option(
              "max-certificate-ttl",
              "MAX_WORKLOAD_CERT_TTL",
              "2160h",
              "longest lifetime of a certificate"),
          new Option(
              "ca-certificates",
              "GROUNDMESH_CA_CERTIFICATES",
              "",
              "directory with ca-cert.pem, ca-key.pem, cert-chain.pem and root-cert.pem; source folder only"),
          new Option(
              "serving-names",
              "GROUNDMESH_SERVING_NAMES",
              "",
              "further names and addresses in the controller's certificate"),
          new Option("debounce", "GROUNDMESH_DEBOUNCE", "5ms", "how long changes are gathered"));

  private static final Pattern DURATION_PART = Pattern.compile("(\\d+)(ms|s|m|h)");

  /** A setting that is missing or wrong; the message names it. */
  static final class InvalidSettingException extends Exception {
    private static final long serialVersionUID = 1;

    InvalidSettingException(String message) {
      super(message);
    }
  }

  ControllerSettings {
    excludedNamespaces = Set.copyOf(excludedNamespaces);
    trustedNodeAccounts = Set.copyOf(trustedNodeAccounts);
    servingNames = List.copyOf(servingNames);
  }

  /** Every setting with its default, for people. */
  static String help() {
    StringBuilder text = new StringBuilder("usage: controller [--name=value ...]\n");
    for (Option option : OPTIONS) {
      text.append(
          String.format(
              "  --%-22s %-32s %s%s%n",
              option.flag,
              option.variable,
              option.meaning,
              option.defaultValue == null
                  ? " (required)"
                  : option.defaultValue.isEmpty()
                      ? ""
                      : " (default: " + option.defaultValue + ")"));
    }
    return text.toString();
  }

  static ControllerSettings parse(List<String> arguments, Map<String, String> environment)
      throws InvalidSettingException {
    Map<String, String> flags = flags(arguments);
    Values values =
        new Values(
            option -> {
              String flag = flags.get(option.flag);
              return flag != null ? flag : environment.get(option.variable);
            });
    String rootNamespace = values.name("root-namespace");
    String agentAccount = values.name("agent-account");
    Set<String> trusted = new HashSet<>(values.accounts("trusted-node-accounts"));
    trusted.add(rootNamespace + '/' + agentAccount);
    String certificates = values.text("ca-certificates");
    Duration lifetime = values.duration("certificate-ttl");
    Duration maxLifetime = values.duration("max-certificate-ttl");
    if (lifetime.compareTo(maxLifetime) > 0) {
      throw new InvalidSettingException(
          "certificate-ttl: "
              + lifetime
              + " (expected: at most max-certificate-ttl, "
              + maxLifetime
              + ")");
    }
    return new ControllerSettings(
        source(values),
        values.address("xds-address"),
        values.address("admin-address"),
        values.name("trust-domain"),
        rootNamespace,
        values.name("cluster-id"),
        values.name("cluster-domain"),
        values.text("network"),
        Set.copyOf(values.list("excluded-namespaces")),
        values.choice("l7-deny", "deny", "ignore"),
        values.choice("dry-run", "allow", "refuse"),
        values.choice("missing-waypoint", "refuse", "bypass"),
        trusted,
        agentAccount,
        values.duration("token-ttl"),
        lifetime,
        maxLifetime,
        certificates.isEmpty() ? null : Path.of(certificates),
        values.list("serving-names"),
        values.duration("debounce"));
  }

  private static Source source(Values values) throws InvalidSettingException {
    if (values.choice("source", "folder", "kubernetes")) {
      return new Source.Folder(values.path("manifests"), values.path("state-dir"));
    }
    String kubeconfig = values.text("kubeconfig");
    String replica = values.text("replica");
    return new Source.Kubernetes(
        kubeconfig.isEmpty() ? null : Path.of(kubeconfig),
        values.text("context"),
        values.name("namespace"),
        replica.isEmpty() ? "controller-" + UUID.randomUUID() : replica,
        values.name("root-config-map"),
        values.address("webhook-address"));
  }

  private static Map<String, String> flags(List<String> arguments) throws InvalidSettingException {
    Set<String> known = OPTIONS.stream().map(Option::flag).collect(Collectors.toSet());
    Map<String, String> flags = new HashMap<>();
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      if (!argument.startsWith("--")
          || equals < 0
          || !known.contains(argument.substring(2, equals))) {
        throw new InvalidSettingException(
            "argument: " + argument + " (expected: --name=value; --help lists the names)");
      }
      flags.put(argument.substring(2, equals), argument.substring(equals + 1));
    }
    return flags;
  }

  /** Reads one value each, with an error that names it. */
  private static final class Values {
    private final Function<Option, @Nullable String> given;

    Values(Function<Option, @Nullable String> given) {
      this.given = given;
    }

    String text(String flag) throws InvalidSettingException {
      for (Option option : OPTIONS) {
        if (option.flag.equals(flag)) {
          String value = given.apply(option);
          if (value == null) {
            value = option.defaultValue;
          }
          if (value == null) {
            throw new InvalidSettingException(
                option.flag
                    + ": none (expected: "
                    + option.meaning
                    + ", by --"
                    + option.flag
                    + " or "
                    + option.variable
                    + ")");
          }
          return value.strip();
        }
      }
      throw new IllegalArgumentException("option: " + flag);
    }

    Path path(String flag) throws InvalidSettingException {
      String text = text(flag);
      if (text.isEmpty()) {
        throw invalid(flag, text, "a path");
      }
      return Path.of(text);
    }

    String name(String flag) throws InvalidSettingException {
      String text = text(flag);
      if (!text.matches("[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")) {
        throw invalid(flag, text, "letters, digits, '.', '-' and '_'");
      }
      return text;
    }

    List<String> list(String flag) throws InvalidSettingException {
      List<String> found = new ArrayList<>();
      for (String part : text(flag).split(",", -1)) {
        if (!part.isBlank()) {
          found.add(part.strip());
        }
      }
      return found;
    }

    List<String> accounts(String flag) throws InvalidSettingException {
      List<String> accounts = list(flag);
      for (String account : accounts) {
        if (!account.matches("[^/]+/[^/]+")) {
          throw invalid(flag, account, "namespace/serviceAccount");
        }
      }
      return accounts;
    }

    boolean choice(String flag, String yes, String no) throws InvalidSettingException {
      String text = text(flag);
      if (!text.equals(yes) && !text.equals(no)) {
        throw invalid(flag, text, yes + " or " + no);
      }
      return text.equals(yes);
    }

    Duration duration(String flag) throws InvalidSettingException {
      String text = text(flag);
      Matcher part = DURATION_PART.matcher(text);
      Duration total = Duration.ZERO;
      int end = 0;
      while (part.find() && part.start() == end && part.group(1).length() < 10) {
        long amount = Long.parseLong(part.group(1));
        total =
            total.plus(
                switch (part.group(2)) {
                  case "ms" -> Duration.ofMillis(amount);
                  case "s" -> Duration.ofSeconds(amount);
                  case "m" -> Duration.ofMinutes(amount);
                  default -> Duration.ofHours(amount);
                });
        end = part.end();
      }
      if (end != text.length() || !total.isPositive()) {
        throw invalid(flag, text, "a time such as 24h, 1h30m, 10s or 5ms");
      }
      return total;
    }

    InetSocketAddress address(String flag) throws InvalidSettingException {
      String text = text(flag);
      int colon = text.lastIndexOf(':');
      try {
        int port = Integer.parseInt(text.substring(colon + 1));
        String host = colon < 0 ? "" : text.substring(0, colon).replaceAll("[\\[\\]]", "");
        if (port >= 0 && port <= 65535 && !host.isEmpty()) {
          return new InetSocketAddress(InetAddress.getByName(host), port);
        }
      } catch (NumberFormatException | UnknownHostException e) {
        throw invalid(flag, text, "address:port");
      }
      throw invalid(flag, text, "address:port");
    }

    private static InvalidSettingException invalid(String flag, String value, String expected) {
      return new InvalidSettingException(flag + ": " + value + " (expected: " + expected + ")");
    }
  }
}
