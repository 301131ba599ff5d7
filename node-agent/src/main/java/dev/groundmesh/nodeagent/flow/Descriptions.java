package dev.groundmesh.nodeagent.flow;

import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.tunnel.header.Baggage;
import dev.groundmesh.tunnel.observer.ServiceAttributes;
import dev.groundmesh.tunnel.observer.WorkloadAttributes;
import java.util.IdentityHashMap;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How workloads and services are described, made once for each version of them. For one event loop.
 */
public final class Descriptions {
  /** Beyond this everything is made anew: as many destinations are seldom in use at one time. */
  private static final int MAX_REMEMBERED = 2048;

  private record Description(WorkloadAttributes attributes, Baggage baggage, String baggageText) {}

  private final IdentityHashMap<Workload, Description> workloads = new IdentityHashMap<>();
  private final IdentityHashMap<Service, ServiceAttributes> services = new IdentityHashMap<>();

  /** For telemetry. */
  public WorkloadAttributes attributes(@Nullable Workload workload) {
    return workload == null ? WorkloadAttributes.UNKNOWN : describe(workload).attributes;
  }

  /** The value of the baggage header; may be empty. */
  public String baggage(Workload workload) {
    return describe(workload).baggageText;
  }

  /** For telemetry. */
  public @Nullable ServiceAttributes attributes(@Nullable Service service) {
    if (service == null) {
      return null;
    }
    if (services.size() >= MAX_REMEMBERED) {
      services.clear();
    }
    return services.computeIfAbsent(
        service, s -> new ServiceAttributes(s.hostname(), s.name(), s.namespace()));
  }

  /** What a peer said of itself, for telemetry. */
  public static WorkloadAttributes attributes(Baggage baggage) {
    return new WorkloadAttributes(
        "",
        text(baggage.workloadName()),
        text(baggage.namespace()),
        text(baggage.serviceName()),
        text(baggage.serviceVersion()),
        text(baggage.cluster()),
        text(baggage.region()),
        text(baggage.zone()));
  }

  private Description describe(Workload workload) {
    Description known = workloads.get(workload);
    if (known != null) {
      return known;
    }
    if (workloads.size() >= MAX_REMEMBERED) {
      workloads.clear();
    }
    Baggage baggage = baggageOf(workload);
    Description made = new Description(attributesOf(workload), baggage, baggage.format());
    workloads.put(workload, made);
    return made;
  }

  private static WorkloadAttributes attributesOf(Workload workload) {
    return new WorkloadAttributes(
        workload.name(),
        workload.workloadName(),
        workload.namespace(),
        workload.canonicalName(),
        workload.canonicalRevision(),
        workload.clusterId(),
        workload.locality().region(),
        workload.locality().zone());
  }

  private static Baggage baggageOf(Workload workload) {
    return new Baggage(
        absent(workload.clusterId()),
        absent(workload.namespace()),
        workload.workloadType().name().toLowerCase(Locale.ROOT),
        absent(workload.workloadName()),
        absent(workload.canonicalName()),
        absent(workload.canonicalRevision()),
        absent(workload.locality().region()),
        absent(workload.locality().zone()));
  }

  private static @Nullable String absent(String text) {
    return text.isEmpty() ? null : text;
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }
}
