package dev.groundmesh.controller.compile;

import com.google.protobuf.ByteString;
import dev.groundmesh.controller.model.IpAddresses;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.Namespace;
import dev.groundmesh.controller.model.Pod;
import dev.groundmesh.meshapi.proto.enrolment.NamespaceEnrolment;
import dev.groundmesh.meshapi.proto.enrolment.PodEnrolment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Whether a pod is in the mesh, and how. Pure. */
public final class Enrolment {

  private static final String DATAPLANE_MODE = "istio.io/dataplane-mode";
  private static final String AMBIENT = "ambient";
  private static final String BYPASS_INBOUND = "ambient.istio.io/bypass-inbound-capture";
  private static final String DNS_CAPTURE = "ambient.istio.io/dns-capture";
  private static final String REROUTE = "istio.io/reroute-virtual-interfaces";
  private static final String NETNS = "groundmesh.dev/netns";

  /**
   * On the API server's mirror of a pod that its node runs from a file: the node's own id of it.
   */
  private static final String STATIC_POD_UID = "kubernetes.io/config.hash";

  private Enrolment() {}

  static boolean isEnrolled(Pod pod, @Nullable Namespace namespace, CompileSettings settings) {
    Metadata metadata = pod.metadata();
    if (pod.hostNetwork()
        || metadata.annotation("sidecar.istio.io/status") != null
        || settings.excludedNamespaces().contains(metadata.namespace())) {
      return false;
    }
    String own = metadata.label(DATAPLANE_MODE);
    if (AMBIENT.equals(own)) {
      return true;
    }
    return !"none".equals(own)
        && namespace != null
        && AMBIENT.equals(namespace.metadata().label(DATAPLANE_MODE));
  }

  /** What node agents are told of a namespace. */
  static NamespaceEnrolment namespace(Namespace namespace, CompileSettings settings) {
    String name = namespace.metadata().name();
    return NamespaceEnrolment.newBuilder()
        .setName(name)
        .setAmbient(
            AMBIENT.equals(namespace.metadata().label(DATAPLANE_MODE))
                && !settings.excludedNamespaces().contains(name))
        .build();
  }

  /** What the pod's node is told; for a pod with a network namespace of its own. */
  static PodEnrolment enrolment(Pod pod, String uid, boolean enrolled) {
    Metadata metadata = pod.metadata();
    PodEnrolment.Builder enrolment =
        PodEnrolment.newBuilder()
            .setWorkloadUid(uid)
            .setNamespace(metadata.namespace())
            .setName(metadata.name())
            .setServiceAccount(pod.serviceAccount())
            .setRuntimeId(runtimeId(metadata))
            .setEnrolled(enrolled)
            .setBypassInboundCapture(isTrue(metadata.annotation(BYPASS_INBOUND)))
            .setDnsCapture(dnsCapture(metadata.annotation(DNS_CAPTURE)));
    for (String address : pod.addresses()) {
      IpAddresses.parse(address)
          .ifPresent(bytes -> enrolment.addAddresses(ByteString.copyFrom(bytes)));
    }
    String reroute = metadata.annotation(REROUTE);
    if (reroute != null) {
      for (String device : reroute.split(",", -1)) {
        if (!device.isBlank()) {
          enrolment.addRerouteVirtualInterfaces(device.strip());
        }
      }
    }
    return enrolment.build();
  }

  /** What is wrong with the pod's annotations; the defaults apply in their place. */
  public static List<String> mistakes(Metadata metadata) {
    List<String> mistakes = new ArrayList<>();
    for (String annotation : List.of(BYPASS_INBOUND, DNS_CAPTURE)) {
      String value = metadata.annotation(annotation);
      if (value != null && !isTrue(value) && !isFalse(value)) {
        mistakes.add(
            "metadata.annotations[" + annotation + "]: " + value + " (expected: true or false)");
      }
    }
    String mode = metadata.label(DATAPLANE_MODE);
    if (mode != null && !mode.equals(AMBIENT) && !mode.equals("none")) {
      mistakes.add(
          "metadata.labels[" + DATAPLANE_MODE + "]: " + mode + " (expected: ambient or none)");
    }
    return mistakes;
  }

  private static String runtimeId(Metadata metadata) {
    String netns = metadata.annotation(NETNS);
    if (netns != null && !netns.isEmpty()) {
      return netns;
    }
    String staticPod = metadata.annotation(STATIC_POD_UID);
    if (staticPod != null && metadata.annotation("kubernetes.io/config.mirror") != null) {
      return staticPod;
    }
    return metadata.uid().isEmpty() ? metadata.namespace() + '-' + metadata.name() : metadata.uid();
  }

  private static PodEnrolment.DnsCapture dnsCapture(@Nullable String value) {
    if (isTrue(value)) {
      return PodEnrolment.DnsCapture.ON;
    }
    return isFalse(value) ? PodEnrolment.DnsCapture.OFF : PodEnrolment.DnsCapture.DEFAULT;
  }

  private static boolean isTrue(@Nullable String value) {
    return value != null && List.of("true", "1", "t").contains(value.toLowerCase(Locale.ROOT));
  }

  private static boolean isFalse(@Nullable String value) {
    return value != null && List.of("false", "0", "f").contains(value.toLowerCase(Locale.ROOT));
  }
}
