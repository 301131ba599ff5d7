package dev.groundmesh.groundctl.analysis;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Labels of the mesh that are misspelt, misplaced or of an unknown value. */
final class LabelCheck implements Check {
  static final String DATAPLANE_MODE = "istio.io/dataplane-mode";
  static final String INJECTION = "istio-injection";
  private static final String LABELS = "metadata.labels";
  private static final String ANNOTATIONS = "metadata.annotations";
  private static final List<String> KNOWN =
      List.of(
          DATAPLANE_MODE,
          INJECTION,
          "istio.io/use-waypoint",
          "istio.io/use-waypoint-namespace",
          "istio.io/waypoint-for",
          "istio.io/ingress-use-waypoint",
          "istio.io/rev",
          "sidecar.istio.io/inject");
  private static final int SLIPS = 2;

  @Override
  public void run(World world, Findings findings) {
    for (SourceObject source : world.sources()) {
      for (String label : names(source, "labels")) {
        String meant = meant(label);
        if (meant != null) {
          findings.add(
              FindingCode.LABEL_MISSPELT, source, LABELS + '[' + label + ']', label, meant);
        }
      }
      if (source.ref().group().isEmpty() && source.ref().kind().equals("Namespace")) {
        namespace(world, source, findings);
      }
    }
  }

  private static Set<String> names(SourceObject source, String which) {
    Set<String> names = new TreeSet<>();
    source.json().path("metadata").path(which).fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static void namespace(World world, SourceObject namespace, Findings findings) {
    String mode = namespace.label(DATAPLANE_MODE);
    if (!mode.isEmpty() && !mode.equals("ambient") && !mode.equals("none")) {
      findings.add(
          FindingCode.LABEL_VALUE_UNKNOWN,
          namespace,
          LABELS + '[' + DATAPLANE_MODE + ']',
          mode,
          "ambient or none");
    }
    if (mode.equals("ambient")
        && world.settings().excludedNamespaces().contains(namespace.ref().name())) {
      findings.add(
          FindingCode.NAMESPACE_EXCLUDED,
          namespace,
          LABELS + '[' + DATAPLANE_MODE + ']',
          mode,
          "another namespace: "
              + String.join(", ", new TreeSet<>(world.settings().excludedNamespaces()))
              + " are never enrolled");
    }
    String injection = namespace.label(INJECTION);
    if (!injection.isEmpty() && !injection.equals("enabled") && !injection.equals("disabled")) {
      findings.add(
          FindingCode.LABEL_VALUE_UNKNOWN,
          namespace,
          LABELS + '[' + INJECTION + ']',
          injection,
          injection.equals("ambient")
              ? "label " + DATAPLANE_MODE + ": ambient"
              : "enabled or disabled");
    }
    if (!namespace.annotation(DATAPLANE_MODE).isEmpty()) {
      findings.add(
          FindingCode.LABEL_MISSPELT,
          namespace,
          ANNOTATIONS + '[' + DATAPLANE_MODE + ']',
          "an annotation",
          "a label of that name");
    }
  }

  /** The label of the mesh that this one looks like; null: it is one, or is like none. */
  private static @Nullable String meant(String label) {
    if (KNOWN.contains(label)) {
      return null;
    }
    for (String known : KNOWN) {
      boolean sameName =
          plain(label).equals(plain(known))
              || (known.contains("/")
                  && !known.endsWith("/rev")
                  && plain(local(label)).equals(plain(local(known)))
                  && !label.contains("topology.istio.io"));
      if (sameName || distance(label, known) <= SLIPS) {
        return known;
      }
    }
    return null;
  }

  private static String local(String label) {
    return label.substring(label.indexOf('/') + 1);
  }

  private static String plain(String label) {
    return label.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
  }

  /** How many letters must be changed, added or dropped (Levenshtein). */
  private static int distance(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[to.length()];
  }
}
