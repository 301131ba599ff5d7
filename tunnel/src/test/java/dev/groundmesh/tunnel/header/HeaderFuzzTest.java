package dev.groundmesh.tunnel.header;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.List;

/** Whatever a peer sends is read or refused, and what is read survives being written. */
class HeaderFuzzTest {

  @FuzzTest
  void baggage(FuzzedDataProvider data) {
    Baggage baggage =
        Baggage.parse(List.of(data.consumeString(200), data.consumeRemainingAsString()));
    String written = baggage.format();
    assertThat(Baggage.parse(List.of(written)).format()).isEqualTo(written);
  }

  @FuzzTest
  void forwarded(FuzzedDataProvider data) {
    Forwarded forwarded = Forwarded.parse(data.consumeRemainingAsString());
    assertThat(Forwarded.parse(forwarded.format())).isEqualTo(forwarded);
  }

  @FuzzTest
  void traceparent(FuzzedDataProvider data) {
    String value = data.consumeRemainingAsString();
    TraceParent trace = TraceParent.parse(value);
    if (trace != null) {
      assertThat(trace.format()).isEqualTo(value);
    }
  }
}
