package dev.groundmesh.lab;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The lab launches the mesh's programs; it links none of them. */
@AnalyzeClasses(
    packages = "dev.groundmesh.lab",
    importOptions = ImportOption.DoNotIncludeTests.class)
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
              "dev.groundmesh.groundctl..");

  @ArchTest
  static final ArchRule processesAndCapturesKnowNoTopology =
      noClasses()
          .that()
          .resideInAnyPackage("..lab.process..", "..lab.capture..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.groundmesh.lab");

  @ArchTest
  static final ArchRule topologyKnowsNothingOfTheMesh =
      noClasses()
          .that()
          .resideInAnyPackage("dev.groundmesh.lab", "..lab.process..", "..lab.capture..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("..lab.mesh..");
}
