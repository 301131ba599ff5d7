package dev.groundmesh.groundctl.command;

import dev.groundmesh.groundctl.kube.KubeContext;
import dev.groundmesh.groundctl.mesh.ClusterAccess;
import dev.groundmesh.groundctl.mesh.LocalAccess;
import dev.groundmesh.groundctl.mesh.MeshAccess;
import dev.groundmesh.groundctl.mesh.MeshClient;
import dev.groundmesh.groundctl.mesh.MeshContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which mesh is meant: one in a cluster, or one on this machine. */
final class MeshOptions {
  @Option(
      names = "--context-file",
      paramLabel = "FILE",
      defaultValue = "${env:GROUNDMESH_CONTEXT_FILE}",
      description = {
        "a mesh on this machine instead of one in a cluster (default: $$GROUNDMESH_CONTEXT_FILE;",
        "/run/groundmesh/context.json where it exists and no cluster is named)"
      })
  private @Nullable Path contextFile;

  @Mixin private KubeOptions kube = new KubeOptions();

  KubeOptions kube() {
    return kube;
  }

  /** The cluster that the mesh is in; empty for one on this machine. */
  Optional<KubeContext> cluster() {
    return isLocal() ? Optional.empty() : kube.find();
  }

  private boolean isLocal() {
    return contextFile != null || (!kube.areGiven() && Files.exists(MeshContext.DEFAULT_FILE));
  }

  /** The mesh that is meant; whoever asks for it closes it. */
  MeshClient client() {
    return new MeshClient(access());
  }

  private MeshAccess access() {
    if (isLocal()) {
      return new LocalAccess(
          MeshContext.read(contextFile == null ? MeshContext.DEFAULT_FILE : contextFile));
    }
    Optional<KubeContext> cluster = kube.find();
    return cluster.isPresent()
        ? new ClusterAccess(cluster.get(), kube.rootNamespace())
        : new LocalAccess(MeshContext.LOCAL);
  }
}
