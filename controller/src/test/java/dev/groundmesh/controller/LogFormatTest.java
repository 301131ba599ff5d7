package dev.groundmesh.controller;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LogFormatTest {

  @Test
  void whatCallersSentCannotEndALine() throws Exception {
    LoggerContext context = new LoggerContext();
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(Controller.class.getResource("/logback.xml"));
    Logger logger = context.getLogger("root");
    Encoder<ILoggingEvent> encoder =
        ((ConsoleAppender<ILoggingEvent>)
                context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("stderr"))
            .getEncoder();

    String line =
        new String(
            encoder.encode(
                new LoggingEvent("", logger, Level.WARN, "a\nb\u009b2J\u2028c", null, null)),
            StandardCharsets.UTF_8);

    assertThat(line).endsWith(" a b 2J c\n");
  }
}
