package dev.groundmesh.groundctl.demo;

import dev.groundmesh.groundctl.output.Style;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** What the demo tells, and the claims in it: each is checked before it is printed. */
final class Story {
  private static final Duration CLAIM_LIMIT = Duration.ofSeconds(20);

  private final PrintWriter out;
  private final boolean colours;
  private int chapter;
  private int held;
  private int broken;

  Story(PrintWriter out, boolean colours) {
    this.out = out;
    this.colours = colours;
  }

  void chapter(String title) {
    chapter++;
    line("");
    line(Style.HEADING.apply(chapter + ". " + title, colours));
  }

  void say(String text) {
    text.lines().forEach(line -> line("   " + line));
  }

  /** Something a user would type, and what it answered. */
  void typed(String command, String answer) {
    line("   " + Style.HEADING.apply("$ " + command, colours));
    answer
        .strip()
        .lines()
        .limit(14)
        .forEach(line -> line("     " + Style.FAINT.apply(line, colours)));
  }

  /** A file, or a part of one. */
  void file(String text) {
    text.strip().lines().forEach(line -> line("     " + Style.FAINT.apply(line, colours)));
  }

  /** A statement that holds now, or does not. */
  boolean claim(String statement, boolean holds) {
    if (holds) {
      held++;
    } else {
      broken++;
    }
    line(
        "   "
            + (holds
                ? Style.GOOD.apply("✓", colours)
                : Style.BAD.apply("✗ does not hold:", colours))
            + " "
            + statement);
    return holds;
  }

  /** A statement that becomes true within 20 s, or does not. */
  boolean claimSoon(String statement, BooleanSupplier holds) {
    long deadline = System.nanoTime() + CLAIM_LIMIT.toNanos();
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        return claim(statement, false);
      }
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return claim(statement, false);
      }
    }
    return claim(statement, true);
  }

  int broken() {
    return broken;
  }

  String summary() {
    return broken == 0
        ? "all " + held + " claims hold"
        : broken + " of " + (held + broken) + " claims do not hold";
  }

  void line(String text) {
    out.println(text);
    out.flush();
  }
}
