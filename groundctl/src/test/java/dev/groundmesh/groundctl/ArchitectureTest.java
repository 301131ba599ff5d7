package dev.groundmesh.groundctl;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may know whom in the command line. */
@AnalyzeClasses(
    packages = "dev.groundmesh.groundctl",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule packagesFormNoCycles =
      slices().matching("dev.groundmesh.groundctl.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule programsOfTheMeshAreLaunchedAndNotLinked =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.groundmesh.nodeagent..", "dev.groundmesh.tunnel..");

  @ArchTest
  static final ArchRule whatObjectsMeanIsAllThatIsAskedOfTheController =
      noClasses()
          .should()
          .dependOnClassesThat(
              resideInAPackage("dev.groundmesh.controller..")
                  .and(
                      not(
                          resideInAnyPackage(
                              "dev.groundmesh.controller.model",
                              "dev.groundmesh.controller.source",
                              "dev.groundmesh.controller.compile",
                              "dev.groundmesh.controller.policy",
                              "dev.groundmesh.controller.status"))));

  @ArchTest
  static final ArchRule onlyTheAnalysisKnowsTheController =
      noClasses()
          .that()
          .resideOutsideOfPackage("..groundctl.analysis..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.groundmesh.controller..");

  @ArchTest
  static final ArchRule onlyCommandsKnowPicocli =
      noClasses()
          .that()
          .resideInAnyPackage(
              "..groundctl.mesh..",
              "..groundctl.kube..",
              "..groundctl.analysis..",
              "..groundctl.output..",
              "..groundctl.demo..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("picocli..");
}
