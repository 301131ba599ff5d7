package dev.groundmesh.tunnel.header;

import org.jspecify.annotations.Nullable;

/** Reads and writes baggage. */
final class BaggageParser {
  private static final String CLUSTER = "k8s.cluster.name";
  private static final String NAMESPACE = "k8s.namespace.name";
  private static final String SERVICE_NAME = "service.name";
  private static final String SERVICE_VERSION = "service.version";
  private static final String REGION = "cloud.region";
  private static final String ZONE = "cloud.availability_zone";
  private static final String[] WORKLOAD_TYPES = {"deployment", "cronjob", "pod", "job"};
  private static final String[] WORKLOAD_KEYS = {
    "k8s.deployment.name", "k8s.cronjob.name", "k8s.pod.name", "k8s.job.name"
  };

  private @Nullable String cluster;
  private @Nullable String namespace;
  private @Nullable String workloadType;
  private @Nullable String workloadName;
  private @Nullable String serviceName;
  private @Nullable String serviceVersion;
  private @Nullable String region;
  private @Nullable String zone;

  private BaggageParser() {}

  static Baggage parse(Iterable<? extends CharSequence> values) {
    BaggageParser parser = new BaggageParser();
    int budget = Baggage.MAX_LENGTH;
    for (CharSequence value : values) {
      if (value.length() > budget) {
        break;
      }
      budget -= value.length();
      parser.header(value.toString());
    }
    return new Baggage(
        parser.cluster,
        parser.namespace,
        parser.workloadType,
        parser.workloadName,
        parser.serviceName,
        parser.serviceVersion,
        parser.region,
        parser.zone);
  }

  private void header(String value) {
    int start = 0;
    while (start <= value.length()) {
      int comma = value.indexOf(',', start);
      int end = comma < 0 ? value.length() : comma;
      entry(value, start, end);
      start = end + 1;
    }
  }

  private void entry(String header, int start, int end) {
    int equals = header.indexOf('=', start);
    if (equals < 0 || equals >= end) {
      return;
    }
    String key = header.substring(start, equals).trim();
    // A property (W3C baggage) may follow behind a semicolon; nobody in the mesh sends one.
    int semicolon = header.indexOf(';', equals);
    String value =
        header.substring(equals + 1, semicolon >= 0 && semicolon < end ? semicolon : end).trim();
    if (value.isEmpty() || !isPlain(value)) {
      return;
    }
    switch (key) {
      case CLUSTER -> cluster = value;
      case NAMESPACE -> namespace = value;
      case SERVICE_NAME -> serviceName = value;
      case SERVICE_VERSION -> serviceVersion = value;
      case REGION -> region = value;
      case ZONE -> zone = value;
      default -> workload(key, value);
    }
  }

  private void workload(String key, String value) {
    for (int i = 0; i < WORKLOAD_KEYS.length; i++) {
      if (WORKLOAD_KEYS[i].equals(key)) {
        workloadType = WORKLOAD_TYPES[i];
        workloadName = value;
        return;
      }
    }
  }

  private static boolean isPlain(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < 0x20 || c > 0x7e) {
        return false;
      }
    }
    return true;
  }

  static String format(Baggage baggage) {
    StringBuilder out = new StringBuilder(192);
    append(out, CLUSTER, baggage.cluster());
    append(out, NAMESPACE, baggage.namespace());
    if (baggage.workloadType() != null) {
      append(out, "k8s." + baggage.workloadType() + ".name", baggage.workloadName());
    }
    append(out, SERVICE_NAME, baggage.serviceName());
    append(out, SERVICE_VERSION, baggage.serviceVersion());
    append(out, REGION, baggage.region());
    append(out, ZONE, baggage.zone());
    return out.toString();
  }

  private static void append(StringBuilder out, String key, @Nullable String value) {
    // A value that would end its own entry early is better left out than sent as something else.
    if (value == null
        || value.isEmpty()
        || !isPlain(value)
        || value.indexOf(',') >= 0
        || value.indexOf(';') >= 0) {
      return;
    }
    if (!out.isEmpty()) {
      out.append(',');
    }
    out.append(key).append('=').append(value);
  }
}
