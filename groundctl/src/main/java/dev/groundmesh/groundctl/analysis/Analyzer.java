package dev.groundmesh.groundctl.analysis;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;

/** Runs all checks. */
public final class Analyzer {
  private static final List<Check> CHECKS =
      List.of(
          new ControllerCheck(),
          new KindCheck(),
          new LabelCheck(),
          new SidecarCheck(),
          new SelectorCheck(),
          new PolicyReachCheck(),
          new PolicyClientCheck(),
          new PolicyPortCheck(),
          new PlaintextClientCheck(),
          new PortProtocolCheck(),
          new AddressCheck(),
          new NetworkPolicyCheck());

  private Analyzer() {}

  /**
   * What there is to say about these objects together, most important first, nothing twice.
   *
   * @param objects of several with one name the last counts
   */
  public static List<Finding> analyze(Collection<SourceObject> objects, AnalysisSettings settings) {
    World world = World.of(objects, settings);
    Findings findings = new Findings();
    CHECKS.forEach(check -> check.run(world, findings));
    List<Finding> sorted = new ArrayList<>(new LinkedHashSet<>(findings.all()));
    sorted.sort(Finding.ORDER);
    return sorted;
  }
}
