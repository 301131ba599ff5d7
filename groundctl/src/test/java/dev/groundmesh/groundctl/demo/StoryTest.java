package dev.groundmesh.groundctl.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StoryTest {
  private final StringWriter text = new StringWriter();
  private final Story story = new Story(new PrintWriter(text, true), false);

  @Test
  void claimThatDoesNotHoldIsCountedAndShown() {
    story.claim("the sky is blue", true);
    story.claim("the moon is cheese", false);

    assertThat(story.broken()).isEqualTo(1);
    assertThat(text.toString())
        .contains("✓ the sky is blue", "✗ does not hold: the moon is cheese");
    assertThat(story.summary()).isEqualTo("1 of 2 claims do not hold");
  }

  @Test
  void claimMayBecomeTrueAfterAWhile() {
    AtomicInteger asked = new AtomicInteger();

    assertThat(story.claimSoon("it settles", () -> asked.incrementAndGet() == 3)).isTrue();
  }
}
