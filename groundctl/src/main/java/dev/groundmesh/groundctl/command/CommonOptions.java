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

/** What every command that asks a mesh can be told. */
final class CommonOptions {
  @Option(
      names = "--context-file",
      paramLabel = "FILE",
      defaultValue = "${env:GROUNDMESH_CONTEXT}",
      description = {
        "a mesh on this machine instead of one in a cluster (default: $$GROUNDMESH_CONTEXT;",
        "/run/groundmesh/context.json where it exists and no cluster is named)"
      })
  private @Nullable Path contextFile;

  @Mixin private KubeOptions kube = new KubeOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  KubeOptions kube() {
    return kube;
  }

  OutputOptions output() {
    return output;
  }

  /** The mesh that is meant; whoever asks for it closes it. */
  MeshClient client() {
    return new MeshClient(access());
  }

  private MeshAccess access() {
    if (contextFile != null) {
      return new LocalAccess(MeshContext.read(contextFile));
    }
    if (!kube.areGiven() && Files.exists(MeshContext.DEFAULT_FILE)) {
      return new LocalAccess(MeshContext.read(MeshContext.DEFAULT_FILE));
    }
    Optional<KubeContext> cluster = kube.find();
    return cluster.isPresent()
        ? new ClusterAccess(cluster.get(), kube.rootNamespace())
        : new LocalAccess(MeshContext.LOCAL);
  }
}
