package dev.groundmesh.tunnel.header;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BaggageTest {
  private static final String FULL =
      "k8s.cluster.name=Kubernetes,k8s.namespace.name=shop,k8s.deployment.name=cart,"
          + "service.name=cart,service.version=v1,cloud.region=r1,cloud.availability_zone=z1";

  @Test
  void whatIsReadIsWrittenTheSame() {
    Baggage baggage = Baggage.parse(List.of(FULL));

    assertThat(baggage)
        .isEqualTo(
            new Baggage("Kubernetes", "shop", "deployment", "cart", "cart", "v1", "r1", "z1"));
    assertThat(baggage.format()).isEqualTo(FULL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"deployment", "cronjob", "pod", "job"})
  void eachTypeOfWorkloadIsKnown(String type) {
    Baggage baggage = Baggage.parse(List.of("k8s." + type + ".name=w"));

    assertThat(baggage.workloadType()).isEqualTo(type);
    assertThat(baggage.workloadName()).isEqualTo("w");
  }

  @Test
  void severalHeadersAreOneBaggage() {
    Baggage baggage = Baggage.parse(List.of("service.name=a", "service.version=b"));

    assertThat(baggage.serviceName()).isEqualTo("a");
    assertThat(baggage.serviceVersion()).isEqualTo("b");
  }

  @Test
  void missingValuesAreLeftOut() {
    assertThat(new Baggage("c", null, null, null, null, "", null, null).format())
        .isEqualTo("k8s.cluster.name=c");
    assertThat(Baggage.EMPTY.format()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",",
        ",,,,",
        "=",
        "==",
        "k8s.cluster.name",
        "k8s.cluster.name=",
        "k8s.cluster.name= ",
        "unknown=1",
        "k8s.statefulset.name=x",
        "k8s.cluster.name=a\u0000b",
        "k8s.cluster.name=\u00fc"
      })
  void whatIsMalformedOrUnknownIsLeftOut(String value) {
    assertThat(Baggage.parse(List.of(value))).isEqualTo(Baggage.EMPTY);
  }

  @Test
  void goodEntriesBesideBadOnesCount() {
    assertThat(Baggage.parse(List.of(" , x , service.name = a ;prop=1, =b")).serviceName())
        .isEqualTo("a");
  }

  @Test
  void whatExceedsTheBoundIsIgnored() {
    List<String> flood = new ArrayList<>();
    flood.add("service.name=first");
    flood.add("x".repeat(Baggage.MAX_LENGTH));
    flood.add("service.version=late");

    Baggage baggage = Baggage.parse(flood);

    assertThat(baggage.serviceName()).isEqualTo("first");
    assertThat(baggage.serviceVersion()).isNull();
  }

  @Test
  void valuesThatWouldForgeOtherEntriesAreNotWritten() {
    assertThat(
            new Baggage("a,service.name=b", "n;p", null, null, "s\r\nx: y", null, null, null)
                .format())
        .isEmpty();
  }
}
