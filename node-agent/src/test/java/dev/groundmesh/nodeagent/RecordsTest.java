package dev.groundmesh.nodeagent;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The records of the agent and of what it stands on. What an agent compares at its start has an
 * equals and a hashCode of its own, for the JVM makes a record's only when they are first called.
 */
@AnalyzeClasses(packages = "dev.groundmesh", importOptions = ImportOption.DoNotIncludeTests.class)
class RecordsTest {
  @ArchTest
  static final ArchRule aWrittenEqualsForgetsNoComponent =
      classes().that().areRecords().should(compareEveryComponent());

  private static ArchCondition<JavaClass> compareEveryComponent() {
    return new ArchCondition<>("compare every component where equals is written out") {
      @Override
      public void check(JavaClass record, ConditionEvents events) {
        Set<String> compared =
            record.getMethod("equals", Object.class).getFieldAccesses().stream()
                .filter(access -> access.getTargetOwner().equals(record))
                .map(JavaAccess::getName)
                .collect(Collectors.toSet());
        if (compared.isEmpty()) {
          return;
        }
        for (JavaField field : record.getFields()) {
          if (!field.getModifiers().contains(JavaModifier.STATIC)
              && !compared.contains(field.getName())) {
            events.add(
                SimpleConditionEvent.violated(
                    record, field.getFullName() + " is not compared by equals"));
          }
        }
      }
    };
  }
}
