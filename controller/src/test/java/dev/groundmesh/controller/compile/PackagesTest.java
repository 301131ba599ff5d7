package dev.groundmesh.controller.compile;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * Sources feed the model, the compile uses both; nobody looks back, and none of them knows how
 * resources are served.
 */
@AnalyzeClasses(packages = "dev.groundmesh.controller", importOptions = DoNotIncludeTests.class)
class PackagesTest {

  private static final String ROOT = "dev.groundmesh.controller.";

  @ArchTest
  static final ArchRule theModelKnowsNobody =
      noClasses()
          .that()
          .resideInAPackage(ROOT + "model")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(ROOT + "source", ROOT + "compile", ROOT + "policy", ROOT + "status");

  @ArchTest
  static final ArchRule sourcesKnowTheModelOnly =
      noClasses()
          .that()
          .resideInAPackage(ROOT + "source")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(ROOT + "compile", ROOT + "policy", ROOT + "status");

  @ArchTest
  static final ArchRule conversionsKnowNoSource =
      noClasses()
          .that()
          .resideInAPackage(ROOT + "policy")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(ROOT + "source", ROOT + "compile", "org.snakeyaml..");

  @ArchTest
  static final ArchRule theCompileKnowsNeitherYamlNorTheNetwork =
      noClasses()
          .that()
          .resideInAnyPackage(ROOT + "model", ROOT + "compile", ROOT + "policy", ROOT + "status")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.snakeyaml..", "io.grpc..", "io.netty..", ROOT + "xds..");
}
