package dev.groundmesh.groundctl.command;

import dev.groundmesh.groundctl.kube.KubeContext;
import dev.groundmesh.groundctl.mesh.MeshClient;
import picocli.CommandLine.Mixin;

/** What every command that asks a mesh can be told. */
final class CommonOptions {
  @Mixin private MeshOptions mesh = new MeshOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  /** The namespace that is meant where none is named. */
  String namespace() {
    return mesh.cluster().map(KubeContext::namespace).orElse("default");
  }

  OutputOptions output() {
    return output;
  }

  /** The mesh that is meant; whoever asks for it closes it. */
  MeshClient client() {
    return mesh.client();
  }
}
