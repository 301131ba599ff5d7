package dev.groundmesh.e2e;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * What is proved here is what a user has: images, chart and command line, never the classes behind
 * them.
 */
@AnalyzeClasses(packages = "dev.groundmesh.e2e")
class ArchitectureTest {
  @ArchTest
  static final ArchRule knowsNoOtherModule =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.groundmesh.meshapi..",
              "dev.groundmesh.ebpf..",
              "dev.groundmesh.tunnel..",
              "dev.groundmesh.nodeagent..",
              "dev.groundmesh.controller..",
              "dev.groundmesh.daemonset..",
              "dev.groundmesh.groundctl..");

  @ArchTest
  static final ArchRule theClusterKnowsNoMesh =
      noClasses()
          .that()
          .resideInAnyPackage("..e2e.cluster..", "..e2e.app..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("..e2e.mesh..", "..e2e.demo..");
}
