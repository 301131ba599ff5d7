package dev.groundmesh.nodeagent;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may know whom inside the agent. */
@AnalyzeClasses(
    packages = "dev.groundmesh.nodeagent",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule packagesFormNoCycles =
      slices().matching("dev.groundmesh.nodeagent.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule onlyTheCompositionKnowsTheComposition =
      noClasses()
          .that()
          .resideInAPackage("dev.groundmesh.nodeagent.*..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.groundmesh.nodeagent");

  @ArchTest
  static final ArchRule flowsKnowNeitherTheKernelNorTheControlPlane =
      noClasses()
          .that()
          .resideInAnyPackage(
              "..nodeagent.flow..", "..nodeagent.outbound..", "..nodeagent.inbound..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "..nodeagent.kernel..",
              "..nodeagent.redirection..",
              "..nodeagent.controlplane..",
              "dev.groundmesh.meshapi.xds..",
              "dev.groundmesh.meshapi.proto..");

  @ArchTest
  static final ArchRule onlyTheKernelPackagesUseNativeCalls =
      noClasses()
          .that()
          .resideOutsideOfPackages("..nodeagent.kernel..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.sun.jna..");

  @ArchTest
  static final ArchRule grpcStaysBehindTheControlPlaneApi =
      noClasses().should().dependOnClassesThat().resideInAPackage("io.grpc..");
}
