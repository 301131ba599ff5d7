package dev.groundmesh.nodeagent.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogTimeTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "1970-01-01T00:00:00.000000Z",
        "2026-11-20T23:59:59.999999Z",
        "2026-11-20T23:59:59.000001Z",
        "2028-02-29T00:00:00.120000Z",
        "2026-11-20T10:09:08.070605Z"
      })
  void momentIsWrittenInMicroseconds(String moment) {
    StringBuilder out = new StringBuilder();

    LogTime.append(out, Instant.parse(moment));

    assertThat(out).hasToString(moment);
  }

  @Test
  void timeThatGoesBackIsWrittenAsItIs() {
    StringBuilder out = new StringBuilder();

    LogTime.append(out, Instant.parse("2026-11-20T10:00:01.5Z"));
    LogTime.append(out, Instant.parse("2026-11-20T10:00:00.25Z"));

    assertThat(out).hasToString("2026-11-20T10:00:01.500000Z2026-11-20T10:00:00.250000Z");
  }
}
