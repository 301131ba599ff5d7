package dev.groundmesh.nodeagent.controlplane;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.groundmesh.meshapi.proto.discovery.Node;
import dev.groundmesh.nodeagent.config.AgentConfig;
import java.util.Map;

/** How the agent introduces itself to the controller, as Istio's node proxy does. */
public final class NodeDescription {
  private NodeDescription() {}

  /** The xDS node of an agent with these settings. */
  public static Node of(AgentConfig config) {
    Struct.Builder metadata = Struct.newBuilder();
    config.controlPlane().metadata().forEach((key, value) -> metadata.putFields(key, text(value)));
    config
        .controlPlane()
        .jsonMetadata()
        .forEach((key, value) -> metadata.putFields(key, JsonValues.parse(key, value)));
    Map.of(
            "NAME", config.podName(),
            "NAMESPACE", config.podNamespace(),
            "INSTANCE_IPS", config.instanceIp(),
            "NODE_NAME", config.nodeName())
        .forEach((key, value) -> metadata.putFields(key, text(value)));
    return Node.newBuilder()
        .setId(
            "ztunnel~"
                + config.instanceIp()
                + "~"
                + config.podName()
                + "."
                + config.podNamespace()
                + "~"
                + config.podNamespace()
                + ".svc."
                + config.clusterDomain())
        .setMetadata(metadata)
        .build();
  }

  private static Value text(String value) {
    return Value.newBuilder().setStringValue(value).build();
  }
}
