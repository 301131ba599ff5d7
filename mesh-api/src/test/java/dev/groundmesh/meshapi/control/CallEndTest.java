package dev.groundmesh.meshapi.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class CallEndTest {
  @Test
  void theFirstCauseIsTold() {
    var first = new IllegalStateException("unable to find valid certification path");
    var middle = new IOException("General OpenSslEngine problem", first);

    assertThat(
            CallEnd.describe(
                Status.UNAVAILABLE
                    .withDescription("io exception\nChannel Pipeline: [SslHandler#0]")
                    .withCause(middle)))
        .isEqualTo(
            "UNAVAILABLE: io exception: General OpenSslEngine problem:"
                + " unable to find valid certification path");
  }

  @Test
  void whatIsSaidTwiceIsToldOnce() {
    var refused = new IOException("Connection refused: controller/10.0.0.1:15012");

    assertThat(
            CallEnd.describe(
                Status.UNAVAILABLE
                    .withDescription("Connection refused: controller/10.0.0.1:15012")
                    .withCause(new IOException("java.io: Connection refused", refused))))
        .isEqualTo(
            "UNAVAILABLE: Connection refused: controller/10.0.0.1:15012:"
                + " java.io: Connection refused");
  }

  @Test
  void aStatusAloneIsItself() {
    assertThat(CallEnd.describe(Status.CANCELLED)).isEqualTo("CANCELLED");
  }
}
