package dev.groundmesh.groundctl.analysis;

import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.Problem;
import dev.groundmesh.controller.source.ReadObject;
import dev.groundmesh.controller.status.Condition;
import dev.groundmesh.controller.status.ObjectStatus;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the controller itself says of each object when it reads and compiles it. */
final class ControllerCheck implements Check {
  private static final String USE_WAYPOINT = "istio.io/use-waypoint";
  private static final String USE_WAYPOINT_FIELD = "metadata.labels[" + USE_WAYPOINT + ']';
  private static final String USE_WAYPOINT_NAMESPACE = "istio.io/use-waypoint-namespace";

  /** How the controller words a mistake: {@code field: value (expected: ...)}. */
  private static final Pattern WORDING =
      Pattern.compile(
          "(?<field>[^ :]+): (?<value>.*?) \\(expected: (?<expected>.*?)\\)[. ]*(?<more>.*)");

  @Override
  public void run(World world, Findings findings) {
    Set<ObjectRef> known = new HashSet<>();
    for (ReadObject object : world.read()) {
      SourceObject source = world.sourceOf(object.key());
      if (source == null) {
        continue;
      }
      known.add(source.ref());
      String template = PodTemplates.field(source.ref());
      for (Problem problem : object.errors()) {
        add(FindingCode.OBJECT_INVALID, source, template, problem, findings);
      }
      for (Problem problem : object.warnings()) {
        add(FindingCode.FIELD_NOT_UNDERSTOOD, source, template, problem, findings);
      }
    }
    for (SourceObject source : world.sources()) {
      if (!known.contains(source.ref())
          && Kind.of(source.apiVersion(), source.ref().kind()).isPresent()) {
        findings.add(
            FindingCode.OBJECT_INVALID,
            source,
            "metadata",
            source.ref().toString(),
            "a name and a namespace in lower case, as DNS has them, and labels that are strings");
      }
    }
    for (ObjectStatus status : world.statuses()) {
      SourceObject source = source(world, status);
      if (source != null) {
        status.conditions().forEach(condition -> condition(world, source, condition, findings));
      }
    }
  }

  private static void add(
      FindingCode code, SourceObject source, String template, Problem problem, Findings findings) {
    String field =
        template.isEmpty() || problem.field().isEmpty()
            ? problem.field()
            : template + '.' + problem.field();
    findings.add(code, source, field, problem.value(), problem.expected());
  }

  private static @Nullable SourceObject source(World world, ObjectStatus status) {
    for (Kind kind : Kind.values()) {
      if (kind.text().equals(status.kind())) {
        return world.sourceOf(new ObjectKey(kind, status.namespace(), status.name()));
      }
    }
    return null;
  }

  private static void condition(
      World world, SourceObject source, Condition condition, Findings findings) {
    switch (condition.type()) {
      case "groundmesh.dev/Valid" -> {
        // Said already, field by field.
      }
      case "ZtunnelAccepted" -> {
        if (!condition.status()) {
          say(FindingCode.POLICY_NOT_ENFORCED, source, condition, findings);
        } else if (!condition.reason().equals("Accepted")) {
          say(FindingCode.POLICY_LIMITED_AT_L4, source, condition, findings);
        }
      }
      case "istio.io/WaypointBound" -> {
        if (!condition.status()) {
          waypoint(world, source, condition, findings);
        }
      }
      default -> {
        if (!condition.status()) {
          say(code(condition), source, condition, findings);
        }
      }
    }
  }

  private static FindingCode code(Condition condition) {
    return switch (condition.type()) {
      case "WaypointAccepted" -> FindingCode.POLICY_TARGET_UNBOUND;
      case "groundmesh.dev/HostAccepted" -> FindingCode.HOST_CONFLICT;
      case "groundmesh.dev/EnrolmentSettings" ->
          condition.message().startsWith("metadata.labels[")
              ? FindingCode.LABEL_VALUE_UNKNOWN
              : FindingCode.SETTING_INVALID;
      default -> FindingCode.SETTING_INVALID;
    };
  }

  private static void say(
      FindingCode code, SourceObject source, Condition condition, Findings findings) {
    Matcher wording = WORDING.matcher(condition.message());
    if (wording.matches()) {
      String more = wording.group("more");
      findings.add(
          code,
          source,
          wording.group("field"),
          wording.group("value"),
          wording.group("expected") + (more.isEmpty() ? "" : "; " + lowerFirst(more)));
    } else {
      findings.add(code, source, "", condition.message(), "condition " + condition.type());
    }
  }

  private static String lowerFirst(String sentence) {
    String text = sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
    return text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
  }

  /**
   * At the object that asks for it, which may be the namespace: then once, not for each service.
   */
  private static void waypoint(
      World world, SourceObject source, Condition condition, Findings findings) {
    SourceObject asking = source;
    if (source.label(USE_WAYPOINT).isEmpty()) {
      SourceObject namespace =
          world.source(new ObjectRef("", "Namespace", "", source.ref().namespace()));
      if (namespace != null) {
        asking = namespace;
      }
    }
    String name = asking.label(USE_WAYPOINT);
    String written = asking.label(USE_WAYPOINT_NAMESPACE);
    String gateway = (written.isEmpty() ? asking.ref().home() : written) + '/' + name;
    if (!condition.reason().equals("WaypointIsNotReady")) {
      findings.add(
          FindingCode.WAYPOINT_NOT_ATTACHED,
          source,
          USE_WAYPOINT_FIELD,
          gateway,
          condition.reason() + ": " + condition.message());
      return;
    }
    int slash = gateway.indexOf('/');
    boolean exists =
        world
            .object(
                new ObjectKey(
                    Kind.GATEWAY, gateway.substring(0, slash), gateway.substring(slash + 1)))
            .isPresent();
    if (exists) {
      findings.add(
          FindingCode.WAYPOINT_NOT_READY,
          asking,
          USE_WAYPOINT_FIELD,
          gateway,
          "a Gateway with an address in its status");
    } else {
      findings.add(
          FindingCode.WAYPOINT_MISSING,
          asking,
          USE_WAYPOINT_FIELD,
          gateway,
          "a Gateway of that name, of class istio-waypoint");
    }
  }
}
