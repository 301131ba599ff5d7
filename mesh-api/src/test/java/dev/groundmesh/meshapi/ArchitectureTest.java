package dev.groundmesh.meshapi;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.groundmesh", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  /** Everything else stands on this module. */
  @ArchTest
  static final ArchRule DEPENDS_ON_NO_OTHER_MODULE =
      noClasses()
          .that()
          .resideInAPackage("dev.groundmesh.meshapi..")
          .should()
          .dependOnClassesThat(
              resideInAPackage("dev.groundmesh..")
                  .and(resideOutsideOfPackage("dev.groundmesh.meshapi..")));

  @ArchTest
  static final ArchRule PACKAGES_ARE_FREE_OF_CYCLES =
      slices().matching("dev.groundmesh.meshapi.(*)..").should().beFreeOfCycles();

  /**
   * Decisions are pure: they can be taken again for `groundctl explain`, and tested without a
   * network.
   */
  @ArchTest
  static final ArchRule DECISIONS_KNOW_NO_TRANSPORT =
      noClasses()
          .that()
          .resideInAnyPackage(
              "..meshapi.identity..",
              "..meshapi.model..",
              "..meshapi.reason..",
              "..meshapi.authorization..",
              "..meshapi.routing..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.grpc..",
              "io.netty..",
              "com.google.protobuf..",
              "..meshapi.proto..",
              "..meshapi.xds..");

  @ArchTest
  static final ArchRule DECISIONS_READ_NO_CLOCK_AND_THROW_NO_DICE_OF_THEIR_OWN =
      noClasses()
          .that()
          .resideInAnyPackage(
              "..meshapi.authorization..", "..meshapi.routing..", "..meshapi.snapshot..")
          .should()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .dependOnClassesThat()
          .haveNameMatching(
              "java\\.time\\.Clock|java\\.util\\.(Random|concurrent\\.ThreadLocalRandom)");

  /** Only the readers and writers of the wire know its protos; everything else deals in records. */
  @ArchTest
  static final ArchRule PROTOS_STAY_AT_THE_WIRE =
      noClasses()
          .that()
          .resideInAnyPackage("..meshapi.snapshot..", "..meshapi.model..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("..meshapi.proto..");
}
