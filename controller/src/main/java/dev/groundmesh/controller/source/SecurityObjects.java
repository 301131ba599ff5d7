package dev.groundmesh.controller.source;

import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.model.AuthorizationPolicy.Action;
import dev.groundmesh.controller.model.AuthorizationPolicy.Operation;
import dev.groundmesh.controller.model.AuthorizationPolicy.Rule;
import dev.groundmesh.controller.model.AuthorizationPolicy.Source;
import dev.groundmesh.controller.model.AuthorizationPolicy.Target;
import dev.groundmesh.controller.model.AuthorizationPolicy.Values;
import dev.groundmesh.controller.model.AuthorizationPolicy.When;
import dev.groundmesh.controller.model.IpAddresses;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.PeerAuthentication;
import dev.groundmesh.controller.model.PeerAuthentication.Mode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Istio's security objects. Here an unknown field or an unusable value rejects the object: leaving
 * it out would make the policy mean something else.
 */
final class SecurityObjects {

  private static final Pattern ATTRIBUTE =
      Pattern.compile(
          "source\\.(ip|namespace|serviceAccount|trustDomain|principal)|remote\\.ip"
              + "|destination\\.(ip|port)|connection\\.sni|request\\.auth\\.[a-z]+"
              + "|request\\.headers\\[.+]|request\\.auth\\.claims(\\[.+])+|experimental\\..+");

  private SecurityObjects() {}

  static AuthorizationPolicy authorizationPolicy(Metadata metadata, Fields fields) {
    Fields spec = fields.object("spec");
    Action action = spec.choice("action", Action.class, Action.ALLOW);
    Fields provider = spec.object("provider");
    String providerName = provider.string("name");
    provider.rejectUnknown();
    if (action == Action.CUSTOM) {
      provider.requiredString("name");
    } else if (spec.has("provider")) {
      spec.error("provider", providerName, "no provider unless action is CUSTOM");
    }
    Map<String, String> selector = selector(spec);
    List<Target> targets = targets(spec);
    if (!selector.isEmpty() && !targets.isEmpty()) {
      spec.error("targetRefs", "targetRefs beside selector", "one of the two");
    }
    List<Rule> rules = new ArrayList<>();
    for (Fields rule : spec.objects("rules")) {
      rules.add(rule(rule));
    }
    if (action == Action.DENY && rules.isEmpty()) {
      spec.error("rules", "", "rules, as DENY without any never denies; one empty rule denies all");
    }
    spec.rejectUnknown();
    return new AuthorizationPolicy(metadata, selector, targets, action, rules);
  }

  private static Map<String, String> selector(Fields spec) {
    Fields selector = spec.object("selector");
    Map<String, String> labels = selector.stringMap("matchLabels");
    selector.rejectUnknown();
    for (Map.Entry<String, String> label : labels.entrySet()) {
      if (label.getKey().isEmpty() || (label.getKey() + label.getValue()).contains("*")) {
        selector.error(
            "matchLabels",
            label.getKey() + ": " + label.getValue(),
            "a label and its value, without wildcards");
      }
    }
    return Interned.map(labels);
  }

  private static List<Target> targets(Fields spec) {
    List<Fields> references = new ArrayList<>(spec.objects("targetRefs"));
    if (spec.has("targetRef")) {
      references.add(spec.object("targetRef"));
    }
    List<Target> targets = new ArrayList<>();
    for (Fields reference : references) {
      Target target =
          new Target(
              reference.string("group"),
              reference.requiredString("kind"),
              reference.requiredString("name"));
      if (!reference.string("namespace").isEmpty()) {
        reference.error(
            "namespace",
            reference.string("namespace"),
            "no namespace: targets are in the policy's");
      }
      String kind = target.group() + '/' + target.kind();
      boolean served =
          switch (kind) {
            case "gateway.networking.k8s.io/Gateway",
                "gateway.networking.k8s.io/GatewayClass",
                "networking.istio.io/ServiceEntry",
                "/Service",
                "core/Service" ->
                true;
            default -> false;
          };
      if (!served && !target.kind().isEmpty()) {
        reference.error("kind", kind, "one of Gateway, GatewayClass, Service, ServiceEntry");
      }
      reference.rejectUnknown();
      targets.add(target);
    }
    return targets;
  }

  private static Rule rule(Fields rule) {
    List<Source> from = new ArrayList<>();
    for (Fields entry : notEmpty(rule, "from")) {
      if (!entry.has("source")) {
        entry.error("source", "", "a source");
      }
      from.add(source(entry.object("source")));
      entry.rejectUnknown();
    }
    List<Operation> to = new ArrayList<>();
    for (Fields entry : notEmpty(rule, "to")) {
      if (!entry.has("operation")) {
        entry.error("operation", "", "an operation");
      }
      to.add(operation(entry.object("operation")));
      entry.rejectUnknown();
    }
    List<When> when = new ArrayList<>();
    for (Fields entry : rule.objects("when")) {
      when.add(when(entry));
      entry.rejectUnknown();
    }
    rule.rejectUnknown();
    return new Rule(from, to, when);
  }

  /** A list that is written but empty could be meant as "nothing" or as "everything". */
  private static List<Fields> notEmpty(Fields rule, String name) {
    List<Fields> entries = rule.objects(name);
    if (rule.has(name) && entries.isEmpty()) {
      rule.error(name, "an empty list", "at least one entry, or no such field");
    }
    return entries;
  }

  private static Source source(Fields fields) {
    Source source =
        new Source(
            values(fields, "principals", "notPrincipals"),
            values(fields, "namespaces", "notNamespaces"),
            values(fields, "serviceAccounts", "notServiceAccounts"),
            values(fields, "ipBlocks", "notIpBlocks"),
            values(fields, "remoteIpBlocks", "notRemoteIpBlocks"),
            values(fields, "requestPrincipals", "notRequestPrincipals"),
            values(fields, "trustDomains", "notTrustDomains"));
    fields.rejectUnknown();
    check(
        fields, "ipBlocks", source.ipBlocks(), SecurityObjects::isRange, "an IP address or range");
    check(
        fields,
        "remoteIpBlocks",
        source.remoteIpBlocks(),
        SecurityObjects::isRange,
        "an IP address or range");
    check(
        fields,
        "serviceAccounts",
        source.serviceAccounts(),
        SecurityObjects::isServiceAccount,
        "name or namespace/name, without wildcards");
    if (!source.serviceAccounts().isEmpty()
        && !(source.principals().isEmpty() && source.namespaces().isEmpty())) {
      fields.error(
          "serviceAccounts",
          "serviceAccounts beside principals or namespaces",
          "one way to name the caller");
    }
    if (source.equals(
        new Source(
            Values.NONE,
            Values.NONE,
            Values.NONE,
            Values.NONE,
            Values.NONE,
            Values.NONE,
            Values.NONE))) {
      fields.error("at least one attribute of the source");
    }
    return source;
  }

  private static Operation operation(Fields fields) {
    Operation operation =
        new Operation(
            values(fields, "ports", "notPorts"),
            values(fields, "hosts", "notHosts"),
            values(fields, "methods", "notMethods"),
            values(fields, "paths", "notPaths"));
    fields.rejectUnknown();
    check(fields, "ports", operation.ports(), SecurityObjects::isPort, "a port from 1 to 65535");
    if (operation.equals(new Operation(Values.NONE, Values.NONE, Values.NONE, Values.NONE))) {
      fields.error("at least one attribute of the operation");
    }
    return operation;
  }

  private static When when(Fields fields) {
    String key = fields.requiredString("key");
    Values values = values(fields, "values", "notValues");
    if (!key.isEmpty() && !ATTRIBUTE.matcher(key).matches()) {
      fields.error("key", key, "an attribute such as source.ip or request.headers[x-user]");
    }
    if (values.isEmpty()) {
      fields.error("values", "", "values or notValues");
    }
    switch (key) {
      case "source.ip", "destination.ip", "remote.ip" ->
          check(fields, "values", values, SecurityObjects::isRange, "an IP address or range");
      case "destination.port" ->
          check(fields, "values", values, SecurityObjects::isPort, "a port from 1 to 65535");
      default -> {}
    }
    return new When(key, values);
  }

  private static Values values(Fields fields, String name, String notName) {
    return new Values(fields.strings(name), fields.strings(notName));
  }

  private static void check(
      Fields fields, String name, Values values, Predicate<String> valid, String expected) {
    for (List<String> list : List.of(values.values(), values.notValues())) {
      for (String value : list) {
        if (!valid.test(value)) {
          fields.error(name, value, expected);
        }
      }
    }
  }

  private static boolean isRange(String value) {
    return IpAddresses.parsePrefix(value).isPresent();
  }

  private static boolean isPort(String value) {
    return !value.isEmpty()
        && value.length() <= 5
        && value.chars().allMatch(c -> c >= '0' && c <= '9')
        && Integer.parseInt(value) >= 1
        && Integer.parseInt(value) <= 65535;
  }

  private static boolean isServiceAccount(String value) {
    return !value.contains("*")
        && value.chars().filter(c -> c == '/').count() <= 1
        && !value.startsWith("/")
        && !value.endsWith("/");
  }

  static PeerAuthentication peerAuthentication(Metadata metadata, Fields fields) {
    Fields spec = fields.object("spec");
    Map<String, String> selector = selector(spec);
    Fields mtls = spec.object("mtls");
    Mode mode = mtls.choice("mode", Mode.class, Mode.UNSET);
    mtls.rejectUnknown();
    Map<Integer, Mode> portLevel = new HashMap<>();
    Fields ports = spec.object("portLevelMtls");
    for (String port : ports.names()) {
      if (!isPort(port)) {
        ports.error(port, port, "a port from 1 to 65535");
        continue;
      }
      Fields portMtls = ports.object(port);
      portLevel.put(Integer.valueOf(port), portMtls.choice("mode", Mode.class, Mode.UNSET));
      portMtls.rejectUnknown();
    }
    if (!portLevel.isEmpty() && selector.isEmpty()) {
      spec.error("portLevelMtls", "ports without a selector", "a selector, or no ports");
    }
    spec.rejectUnknown();
    return new PeerAuthentication(metadata, selector, mode, portLevel);
  }
}
