package dev.groundmesh.nodeagent.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class LogTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-20T10:00:00.000125Z"), ZoneOffset.UTC);

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private String written(LogFormat format, Consumer<Log> what) {
    LogWriter writer = new LogWriter(out);
    what.accept(new Log(new LogLevels(), format, writer, CLOCK));
    writer.close();
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void textLineHasTimeLevelTargetMessageAndFields() {
    String line =
        written(
            LogFormat.TEXT,
            log ->
                log.write(
                    Level.INFO,
                    "access",
                    "connection complete",
                    fields -> fields.field("src.addr", "10.0.0.1:5").field("bytes_sent", 7)));

    assertThat(line)
        .isEqualTo(
            "2026-11-20T10:00:00.000125Z\tinfo\taccess\tconnection complete\t"
                + "src.addr=10.0.0.1:5 bytes_sent=7\n");
  }

  @Test
  void jsonLineHasTheFieldsOfZtunnel() {
    String line =
        written(
            LogFormat.JSON,
            log ->
                log.write(Level.ERROR, "access", "connection complete", f -> f.quoted("a", "b")));

    assertThat(line)
        .isEqualTo(
            "{\"level\":\"error\",\"time\":\"2026-11-20T10:00:00.000125Z\",\"scope\":\"access\","
                + "\"message\":\"connection complete\",\"a\":\"b\"}\n");
  }

  @Test
  void valueFromTheNetworkCannotForgeALineOrAField() {
    String line =
        written(
            LogFormat.TEXT,
            log ->
                log.write(
                    Level.INFO,
                    "access",
                    "m",
                    f -> f.field("authority", "x\n2026 error=\"none\"")));

    assertThat(line.lines()).hasSize(1);
    assertThat(line).contains("authority=\"x\\n2026 error=\\\"none\\\"\"");
  }

  @Test
  void characterThatCouldSteerATerminalOrEndALineIsWrittenByItsNumber() {
    String line =
        written(
            LogFormat.JSON,
            log ->
                log.write(
                    Level.INFO,
                    "access",
                    "m",
                    f -> f.field("authority", "a\u009b2J\u2028b\u00e9")));

    assertThat(line).contains("\"authority\":\"a\\u009b2J\\u2028b\u00e9\"");
  }

  @Test
  void absentFieldIsLeftOut() {
    assertThat(
            written(
                LogFormat.JSON, log -> log.write(Level.INFO, "t", "m", f -> f.field("x", null))))
        .doesNotContain("\"x\"");
  }

  @Test
  void slowReaderCostsLinesAndNeverTheCaller() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    OutputStream stuck =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("unused");
          }

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
              release.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
          }
        };
    try (LogWriter writer = new LogWriter(stuck)) {
      Log log = new Log(new LogLevels(), LogFormat.TEXT, writer, CLOCK);

      for (int i = 0; i < 100_000; i++) {
        log.write(Level.INFO, "access", "m", f -> {});
      }

      assertThat(log.droppedLines()).isPositive();
      release.countDown();
    }
  }
}
