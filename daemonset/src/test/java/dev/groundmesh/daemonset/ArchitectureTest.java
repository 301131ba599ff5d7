package dev.groundmesh.daemonset;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may know whom in the making of images. */
@AnalyzeClasses(
    packages = "dev.groundmesh.daemonset",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule packagesFormNoCycles =
      slices().matching("dev.groundmesh.daemonset.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule programsOfTheMeshArePackedAndNotLinked =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.groundmesh.nodeagent..",
              "dev.groundmesh.tunnel..",
              "dev.groundmesh.controller..");
}
