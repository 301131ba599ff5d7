package dev.groundmesh.groundctl.kube;

import org.jspecify.annotations.Nullable;

/**
 * The kubeconfig does not say which cluster to use, or says it wrongly; the message names the file
 * or the setting.
 */
public final class KubeConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public KubeConfigException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
