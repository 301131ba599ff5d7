package dev.groundmesh.controller.source;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class TellerTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger(Teller.class);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final List<Integer> heard = new ArrayList<>();
  private String failure = "";
  private long now;
  private final Teller teller =
      new Teller(
          changes -> {
            heard.add(changes.size());
            if (!failure.isEmpty()) {
              throw new IllegalStateException(failure);
            }
          },
          () -> now);

  @BeforeEach
  void listen() {
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(log);
  }

  @Test
  void aListenerThatDidAllIsNotAskedAgain() {
    teller.tell(List.of());

    assertThat(teller.patienceNanos()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aListenerThatThrewIsAskedAgainAfterAPauseThatGrows() {
    failure = "a";
    teller.tell(List.of());
    assertThat(teller.patienceNanos()).isEqualTo(TimeUnit.SECONDS.toNanos(1));
    now = TimeUnit.SECONDS.toNanos(1);
    assertThat(teller.patienceNanos()).isZero();

    teller.tell(List.of());

    assertThat(teller.patienceNanos()).isEqualTo(TimeUnit.SECONDS.toNanos(2));
  }

  @Test
  void aCauseIsLoggedOnceUntilAllWasDone() {
    failure = "a";
    teller.tell(List.of());
    teller.tell(List.of());
    assertThat(errors()).isEqualTo(1);
    failure = "b";
    teller.tell(List.of());
    assertThat(errors()).isEqualTo(2);
    failure = "";
    teller.tell(List.of());
    failure = "b";
    teller.tell(List.of());

    assertThat(errors()).isEqualTo(3);
  }

  private long errors() {
    return log.list.stream().filter(event -> event.getLevel().equals(Level.ERROR)).count();
  }
}
