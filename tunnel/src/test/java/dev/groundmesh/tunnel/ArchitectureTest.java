package dev.groundmesh.tunnel;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.instruction.MonitorInstruction;
import java.util.stream.Stream;

@AnalyzeClasses(packages = "dev.groundmesh", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String ALL = "dev.groundmesh.tunnel..";

  /** Packages whose objects are owned by one event loop each. */
  private static final String[] EVENT_LOOP = {
    "..tunnel.h2..", "..tunnel.hbone..", "..tunnel.pool..", "..tunnel.relay.."
  };

  @ArchTest
  static final ArchRule STANDS_ON_IDENTITIES_REASONS_AND_TLS_ALONE =
      noClasses()
          .that()
          .resideInAPackage(ALL)
          .should()
          .dependOnClassesThat(
              resideInAPackage("dev.groundmesh..")
                  .and(
                      resideOutsideOfPackages(
                          ALL,
                          "dev.groundmesh.meshapi.identity",
                          "dev.groundmesh.meshapi.reason",
                          "dev.groundmesh.meshapi.tls")));

  @ArchTest
  static final ArchRule PACKAGES_ARE_FREE_OF_CYCLES =
      slices().matching("dev.groundmesh.tunnel.(*)..").should().beFreeOfCycles();

  @ArchTest static final ArchRule RELAY_KNOWS_NO_TUNNEL = knows("relay");
  @ArchTest static final ArchRule H2_KNOWS_NOT_WHAT_IT_CARRIES = knows("h2", "relay");
  @ArchTest static final ArchRule HBONE_KNOWS_NO_POOL = knows("hbone", "h2", "relay");
  @ArchTest static final ArchRule POOL_KNOWS_NO_FRAMES = knows("pool", "hbone", "relay");
  @ArchTest static final ArchRule TLS_KNOWS_WHO_ASKS_FOR_IT = knows("tls", "hbone");
  @ArchTest static final ArchRule HEADERS_ARE_TEXT = knows("header");
  @ArchTest static final ArchRule PROXY_PROTOCOL_IS_BYTES = knows("proxyprotocol");
  @ArchTest static final ArchRule OBSERVERS_KNOW_NO_CONNECTIONS = knows("observer", "header");

  private static ArchRule knows(String name, String... others) {
    String[] allowed =
        Stream.concat(Stream.of(name), Stream.of(others))
            .map(other -> "dev.groundmesh.tunnel." + other + "..")
            .toArray(String[]::new);
    return noClasses()
        .that()
        .resideInAPackage("dev.groundmesh.tunnel." + name + "..")
        .should()
        .dependOnClassesThat(resideInAPackage(ALL).and(resideOutsideOfPackages(allowed)));
  }

  @ArchTest
  static final ArchRule EVENT_LOOPS_WAIT_FOR_NOBODY =
      noClasses()
          .that()
          .resideInAnyPackage(EVENT_LOOP)
          .should()
          .dependOnClassesThat()
          .haveNameMatching(
              "java\\.util\\.concurrent\\.(locks\\..*|CountDownLatch|Semaphore|CyclicBarrier"
                  + "|.*BlockingQueue|.*BlockingDeque|CompletableFuture)")
          .orShould()
          .callMethod(Thread.class, "sleep", long.class)
          .orShould()
          .callMethod(Object.class, "wait");

  @ArchTest
  static final ArchRule EVENT_LOOPS_HAVE_NO_SYNCHRONIZED_METHODS =
      noMethods()
          .that()
          .areDeclaredInClassesThat()
          .resideInAnyPackage(EVENT_LOOP)
          .should()
          .haveModifier(JavaModifier.SYNCHRONIZED);

  @ArchTest
  static final ArchRule EVENT_LOOPS_TAKE_NO_MONITORS =
      classes().that().resideInAnyPackage(EVENT_LOOP).should(takeNoMonitors());

  private static ArchCondition<JavaClass> takeNoMonitors() {
    return new ArchCondition<>("take no monitors") {
      @Override
      public void check(JavaClass checked, ConditionEvents events) {
        checked
            .getSource()
            .ifPresent(
                source -> {
                  try (InputStream in = source.getUri().toURL().openStream()) {
                    boolean taken =
                        ClassFile.of().parse(in.readAllBytes()).methods().stream()
                            .flatMap(method -> method.code().stream())
                            .flatMap(code -> code.elementStream())
                            .anyMatch(MonitorInstruction.class::isInstance);
                    events.add(
                        new SimpleConditionEvent(
                            checked, !taken, checked.getName() + " takes a monitor"));
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
      }
    };
  }
}
