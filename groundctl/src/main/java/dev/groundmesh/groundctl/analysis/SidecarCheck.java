package dev.groundmesh.groundctl.analysis;

/**
 * Sidecars and the ambient mesh asked for at once: a pod with a sidecar is left out of the mesh.
 */
final class SidecarCheck implements Check {
  private static final String REVISION = "istio.io/rev";
  private static final String AMBIENT = "ambient";
  private static final String EXPECTED =
      "one of the two; a pod with a sidecar is left out of the mesh";

  @Override
  public void run(World world, Findings findings) {
    for (SourceObject source : world.sources()) {
      if (source.ref().group().isEmpty()
          && source.ref().kind().equals("Namespace")
          && source.label(LabelCheck.DATAPLANE_MODE).equals(AMBIENT)) {
        if (source.label(LabelCheck.INJECTION).equals("enabled")) {
          findings.add(
              FindingCode.SIDECAR_AND_AMBIENT,
              source,
              "metadata.labels[" + LabelCheck.INJECTION + ']',
              "enabled beside " + LabelCheck.DATAPLANE_MODE + ": ambient",
              EXPECTED);
        } else if (!source.label(REVISION).isEmpty()) {
          findings.add(
              FindingCode.SIDECAR_AND_AMBIENT,
              source,
              "metadata.labels[" + REVISION + ']',
              source.label(REVISION) + " beside " + LabelCheck.DATAPLANE_MODE + ": ambient",
              EXPECTED);
        }
      }
    }
    for (Workload workload : world.workloads()) {
      boolean injected = workload.pod().metadata().annotation("sidecar.istio.io/status") != null;
      boolean asked = "true".equals(workload.labels().get("sidecar.istio.io/inject"));
      if ((injected || asked) && world.asksForMesh(workload)) {
        findings.add(
            FindingCode.SIDECAR_AND_AMBIENT,
            workload.source(),
            injected
                ? "metadata.annotations[sidecar.istio.io/status]"
                : "metadata.labels[sidecar.istio.io/inject]",
            "a sidecar where " + LabelCheck.DATAPLANE_MODE + " is ambient",
            EXPECTED);
      }
    }
  }
}
