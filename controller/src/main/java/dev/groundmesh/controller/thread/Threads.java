package dev.groundmesh.controller.thread;

import java.util.Collection;
import java.util.List;

/** Threads of one owner each, which end when they are interrupted. */
public final class Threads {
  private Threads() {}

  /** As {@link #end(Collection)}. */
  public static void end(Thread thread) {
    end(List.of(thread));
  }

  /**
   * Interrupts the threads and waits until all have ended, even if the caller is interrupted
   * meanwhile; its interrupt is kept for it.
   */
  public static void end(Collection<Thread> threads) {
    threads.forEach(Thread::interrupt);
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
