package dev.groundmesh.meshapi.wire;

import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.NamespaceEnrolment;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.model.PodEnrolment.DnsCapture;
import java.util.ArrayList;
import java.util.List;

/** Reads enrolments of pods and namespaces. */
final class EnrolmentReader {

  private final ResourceReader reader;

  EnrolmentReader(ResourceReader reader) {
    this.reader = reader;
  }

  PodEnrolment enrolment(dev.groundmesh.meshapi.proto.enrolment.PodEnrolment proto)
      throws InvalidResourceException {
    List<IpAddress> addresses = new ArrayList<>(proto.getAddressesCount());
    for (int i = 0; i < proto.getAddressesCount(); i++) {
      addresses.add(reader.address("addresses[" + i + "]", proto.getAddresses(i)));
    }
    return new PodEnrolment(
        reader.required("workload_uid", proto.getWorkloadUid()),
        reader.required("namespace", proto.getNamespace()),
        reader.required("name", proto.getName()),
        reader.required("service_account", proto.getServiceAccount()),
        reader.required("runtime_id", proto.getRuntimeId()),
        addresses,
        proto.getBypassInboundCapture(),
        dnsCapture(proto),
        proto.getRerouteVirtualInterfacesList(),
        proto.getEnrolled());
  }

  NamespaceEnrolment namespace(dev.groundmesh.meshapi.proto.enrolment.NamespaceEnrolment proto)
      throws InvalidResourceException {
    return new NamespaceEnrolment(reader.required("name", proto.getName()), proto.getAmbient());
  }

  private DnsCapture dnsCapture(dev.groundmesh.meshapi.proto.enrolment.PodEnrolment proto) {
    return switch (proto.getDnsCapture()) {
      case DEFAULT -> DnsCapture.DEFAULT;
      case ON -> DnsCapture.ON;
      case OFF -> DnsCapture.OFF;
      case UNRECOGNIZED -> {
        reader.limit(
            "dns_capture", proto.getDnsCaptureValue(), "0 to 2", "as the agent's setting says");
        yield DnsCapture.DEFAULT;
      }
    };
  }
}
