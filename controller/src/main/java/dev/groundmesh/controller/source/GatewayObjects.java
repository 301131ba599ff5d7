package dev.groundmesh.controller.source;

import dev.groundmesh.controller.model.Gateway;
import dev.groundmesh.controller.model.GatewayClass;
import dev.groundmesh.controller.model.IpAddresses;
import dev.groundmesh.controller.model.LabelSelector;
import dev.groundmesh.controller.model.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Gateway API objects. */
final class GatewayObjects {

  private GatewayObjects() {}

  static GatewayClass gatewayClass(Metadata metadata, Fields fields) {
    return new GatewayClass(metadata, fields.object("spec").requiredString("controllerName"));
  }

  static Gateway gateway(Metadata metadata, Fields fields) {
    Fields spec = fields.object("spec");
    List<Gateway.Listener> listeners = new ArrayList<>();
    for (Fields listener : spec.objects("listeners")) {
      Fields namespaces = listener.object("allowedRoutes").object("namespaces");
      listeners.add(
          new Gateway.Listener(
              listener.string("name"),
              listener.integer("port", 1, 65535, 0),
              listener.string("protocol"),
              from(namespaces),
              selector(namespaces.object("selector"))));
    }
    List<Gateway.Address> addresses = addresses(fields.object("status"));
    return new Gateway(metadata, spec.requiredString("gatewayClassName"), listeners, addresses);
  }

  private static List<Gateway.Address> addresses(Fields status) {
    List<Gateway.Address> addresses = new ArrayList<>();
    for (Fields address : status.objects("addresses")) {
      String type = address.string("type");
      String value = address.requiredString("value");
      boolean hostname = type.equals("Hostname");
      if (!hostname && IpAddresses.parse(value).isEmpty()) {
        address.error("value", value, "an IP address, or type Hostname");
      }
      addresses.add(new Gateway.Address(hostname, value));
    }
    return addresses;
  }

  private static Gateway.From from(Fields namespaces) {
    String from = namespaces.string("from");
    return switch (from) {
      case "", "Same" -> Gateway.From.SAME;
      case "All" -> Gateway.From.ALL;
      case "Selector" -> Gateway.From.SELECTOR;
      default -> {
        namespaces.error("from", from, "one of Same, All, Selector");
        yield Gateway.From.SAME;
      }
    };
  }

  static LabelSelector selector(Fields selector) {
    List<LabelSelector.Requirement> requirements = new ArrayList<>();
    for (Fields expression : selector.objects("matchExpressions")) {
      String operator = expression.string("operator");
      LabelSelector.Operator parsed =
          switch (operator) {
            case "In" -> LabelSelector.Operator.IN;
            case "NotIn" -> LabelSelector.Operator.NOT_IN;
            case "Exists" -> LabelSelector.Operator.EXISTS;
            case "DoesNotExist" -> LabelSelector.Operator.DOES_NOT_EXIST;
            default -> {
              expression.error("operator", operator, "one of In, NotIn, Exists, DoesNotExist");
              yield LabelSelector.Operator.EXISTS;
            }
          };
      requirements.add(
          new LabelSelector.Requirement(
              expression.requiredString("key"), parsed, Set.copyOf(expression.strings("values"))));
    }
    return new LabelSelector(selector.stringMap("matchLabels"), requirements);
  }
}
