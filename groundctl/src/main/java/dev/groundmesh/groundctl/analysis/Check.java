package dev.groundmesh.groundctl.analysis;

/** Looks for one sort of mistake. Pure. */
@FunctionalInterface
interface Check {
  void run(World world, Findings findings);
}
