package dev.groundmesh.meshapi.authorization;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The policies that are in force, by where they apply. */
public interface PolicySource {

  /** Those that apply to every workload, in the order of their keys. */
  List<CompiledPolicy> globalPolicies();

  /** Those that apply to every workload of {@code namespace}, in the order of their keys. */
  List<CompiledPolicy> namespacePolicies(String namespace);

  /** The policy {@code <namespace>/<name>} that a workload lists, or null if there is none such. */
  @Nullable CompiledPolicy policy(String key);

  /**
   * True if the control plane took this policy back after it described the workloads that list it:
   * they are about to be described anew, and the policy is not missing.
   */
  boolean isWithdrawn(String key);
}
