package dev.groundmesh.nodeagent.dns;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The full names that a name may stand for, in the order in which they are tried: the name itself,
 * its completions in the client's namespace and the cluster's domain, then the same for the name
 * without each search domain.
 */
final class NameCandidates {
  private final String clusterDomain;
  private final List<String> searchDomains;

  /**
   * For one cluster and one agent.
   *
   * @param clusterDomain such as {@code cluster.local}
   * @param searchDomains of the agent's environment, besides those that every pod has
   */
  NameCandidates(String clusterDomain, List<String> searchDomains) {
    this.clusterDomain = clusterDomain;
    this.searchDomains = List.copyOf(searchDomains);
  }

  /**
   * One full name to look for.
   *
   * @param name lower case, without the last dot
   * @param stripped what was left of the client's name when a search domain was taken off; empty
   *     when none was
   */
  record Candidate(String name, String stripped) {}

  List<Candidate> of(String name, String clientNamespace) {
    Map<String, Candidate> candidates = new LinkedHashMap<>();
    add(candidates, name, clientNamespace, "");
    for (String domain : searchDomains(clientNamespace)) {
      if (name.endsWith("." + domain)) {
        String stripped = name.substring(0, name.length() - domain.length() - 1);
        add(candidates, stripped, clientNamespace, stripped);
      }
    }
    return List.copyOf(candidates.values());
  }

  /**
   * Those that kubelet writes for every pod, then those of the agent's environment that are not
   * among them.
   */
  private List<String> searchDomains(String namespace) {
    List<String> domains = new ArrayList<>();
    domains.add(namespace + ".svc." + clusterDomain);
    domains.add("svc." + clusterDomain);
    domains.add(clusterDomain);
    for (String domain : searchDomains) {
      if (!domains.contains(domain)) {
        domains.add(domain);
      }
    }
    return domains;
  }

  private void add(
      Map<String, Candidate> candidates, String name, String namespace, String stripped) {
    candidates.putIfAbsent(name, new Candidate(name, stripped));
    for (String completed : completions(name, namespace)) {
      candidates.putIfAbsent(completed, new Candidate(completed, stripped));
    }
  }

  /**
   * Completes the short forms of {@code service.namespace.svc.domain} and {@code
   * pod.service.namespace.svc.domain}.
   */
  private List<String> completions(String name, String namespace) {
    String services = ".svc." + clusterDomain;
    boolean endsInSvc = name.endsWith(".svc");
    return switch ((int) name.chars().filter(c -> c == '.').count() + 1) {
      case 1 -> List.of(name + "." + namespace + services);
      case 2 -> List.of(name + services, name + "." + namespace + services);
      case 3 ->
          endsInSvc
              ? List.of(name + "." + clusterDomain, name + services)
              : List.of(name + services);
      case 4 -> endsInSvc ? List.of(name + "." + clusterDomain) : List.of();
      default -> List.of();
    };
  }

  /** Whether the name belongs to a Service of the cluster rather than to the world outside. */
  boolean isClusterService(String hostname) {
    return hostname.endsWith(".svc." + clusterDomain);
  }
}
