package dev.groundmesh.controller.compile;

/**
 * How much work the compile has done since it began, in things rather than in time.
 *
 * @param workloads that were compiled, whether or not they came out different
 * @param services likewise
 * @param policies likewise
 * @param scanned objects looked at to find out whether a change reaches them
 */
public record CompileWork(long workloads, long services, long policies, long scanned) {

  /** What was done since an earlier count. */
  public CompileWork since(CompileWork earlier) {
    return new CompileWork(
        workloads - earlier.workloads,
        services - earlier.services,
        policies - earlier.policies,
        scanned - earlier.scanned);
  }
}
