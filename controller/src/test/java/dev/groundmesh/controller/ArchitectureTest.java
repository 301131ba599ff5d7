package dev.groundmesh.controller;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;

@AnalyzeClasses(
    packages = "dev.groundmesh.controller",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      SlicesRuleDefinition.slices()
          .matching("dev.groundmesh.controller.(*)..")
          .should()
          .beFreeOfCycles();

  @ArchTest
  static final ArchRule onlyTheServerKnowsNetty =
      noClasses()
          .that()
          .resideOutsideOfPackage("..controller.server..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.netty..", "io.grpc.netty..");

  @ArchTest
  static final ArchRule theModelKnowsNothingOfServing =
      noClasses()
          .that()
          .resideInAnyPackage(
              "..controller.source..",
              "..controller.model..",
              "..controller.compile..",
              "..controller.policy..",
              "..controller.status..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.grpc..",
              "..controller.xds..",
              "..controller.ca..",
              "..controller.auth..",
              "..controller.server..",
              "..controller.admin..");

  @ArchTest
  static final ArchRule recordsOfTheModelAreNotFiles =
      noClasses()
          .that()
          .resideInAnyPackage("..controller.model..", "..controller.policy..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.nio.file..", "org.snakeyaml..");

  @ArchTest
  static final ArchRule onlyTheAdminEndpointAndTheWebhookSpeakHttp =
      noClasses()
          .that()
          .resideOutsideOfPackages("..controller.admin..", "..controller.admission..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.sun.net.httpserver..");

  @ArchTest
  static final ArchRule onlyTheKubernetesPackagesKnowTheKubernetesClient =
      noClasses()
          .that()
          .resideInAPackage("..controller.*..")
          .and()
          .resideOutsideOfPackages("..controller.kubernetes..", "..controller.cluster..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.fabric8..");
}
