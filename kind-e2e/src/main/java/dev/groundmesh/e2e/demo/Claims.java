package dev.groundmesh.e2e.demo;

import dev.groundmesh.e2e.cluster.Await;
import dev.groundmesh.e2e.cluster.Await.Seen;
import java.io.PrintStream;
import java.time.Duration;
import java.util.function.Supplier;

/** What the demo tells, and the claims in it: each is checked before it is printed. */
final class Claims {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final PrintStream out;
  private int chapter;
  private int held;
  private int broken;

  Claims(PrintStream out) {
    this.out = out;
  }

  void chapter(String title) {
    chapter++;
    out.println("\n" + chapter + ". " + title);
  }

  /** Something a user would type, and what it answered. */
  void typed(String command, String answer) {
    out.println("   $ " + command);
    answer.strip().lines().limit(16).forEach(line -> out.println("     " + line));
  }

  /** A statement that holds now, or does not. */
  void claim(String statement, boolean holds) {
    if (holds) {
      held++;
    } else {
      broken++;
    }
    out.println("   " + (holds ? "✓ " : "✗ does not hold: ") + statement);
  }

  /** A statement that becomes true in time, or does not; what was seen last is told then. */
  void claimSoon(String statement, Supplier<Seen> look) {
    try {
      Await.until(statement, LIMIT, look);
      claim(statement, true);
    } catch (AssertionError e) {
      claim(String.valueOf(e.getMessage()), false);
    }
  }

  /** Prints the sum and returns how many claims did not hold. */
  int sum() {
    out.println(
        broken == 0
            ? "\nall " + held + " claims hold"
            : "\n" + broken + " of " + (held + broken) + " claims do not hold");
    return broken;
  }
}
