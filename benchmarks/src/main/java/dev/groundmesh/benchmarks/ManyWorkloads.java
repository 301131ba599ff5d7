package dev.groundmesh.benchmarks;

import java.util.Locale;

/**
 * A large cluster that is nowhere: enrolled pods of nodes that do not exist, and services that
 * select them.
 */
final class ManyWorkloads {
  private static final String NAMESPACE = "many";

  private ManyWorkloads() {}

  static String lastName(int workloads) {
    return "pod-" + (workloads - 1);
  }

  /** YAML of {@code services} services and {@code workloads} pods spread over them. */
  static String manifests(int workloads, int services) {
    var yaml = new StringBuilder();
    yaml.append(
        """
        apiVersion: v1
        kind: Namespace
        metadata:
          name: %1$s
          labels: {istio.io/dataplane-mode: ambient}
        """
            .formatted(NAMESPACE));
    for (int i = 0; i < services; i++) {
      yaml.append(
          String.format(
              Locale.ROOT,
              """
              ---
              apiVersion: v1
              kind: Service
              metadata: {name: service-%1$d, namespace: %2$s}
              spec:
                clusterIP: 10.97.%3$d.%4$d
                selector: {app: app-%1$d}
                ports: [{name: http, port: 80, targetPort: 8080}]
              """,
              i,
              NAMESPACE,
              i / 250,
              i % 250 + 1));
    }
    for (int i = 0; i < workloads; i++) {
      yaml.append(
          String.format(
              Locale.ROOT,
              """
              ---
              apiVersion: v1
              kind: Pod
              metadata: {name: pod-%1$d, namespace: %2$s, labels: {app: app-%3$d}}
              spec: {serviceAccountName: account-%3$d, nodeName: node-%4$d, containers: [{name: app, image: none}]}
              status: {phase: Running, podIP: 10.%5$d.%6$d.%7$d, podIPs: [{ip: 10.%5$d.%6$d.%7$d}], conditions: [{type: Ready, status: "True"}]}
              """,
              i,
              NAMESPACE,
              i % services,
              i / 100,
              100 + i / 62_500,
              i / 250 % 250,
              i % 250 + 1));
    }
    return yaml.toString();
  }
}
