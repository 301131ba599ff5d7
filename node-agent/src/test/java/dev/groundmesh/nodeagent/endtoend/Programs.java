package dev.groundmesh.nodeagent.endtoend;

import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.Pod;
import dev.groundmesh.lab.mesh.Mesh;
import dev.groundmesh.lab.process.Program;
import dev.groundmesh.lab.process.Readiness;
import java.time.Duration;

/** The mesh's programs, awaited long enough for a machine that is busy with other things. */
final class Programs {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private Programs() {}

  static Program controller(Mesh mesh) {
    return mesh.controller().start().await(Readiness.listening(Mesh.XDS_PORT), LIMIT);
  }

  static Program agent(Mesh mesh, Node node) {
    mesh.awaitToken(node);
    return awaitLogged(mesh.agent(node).start(), "ready node=");
  }

  static Program awaitEnrolled(Program agent, Pod... pods) {
    for (Pod pod : pods) {
      awaitLogged(
          agent, "pod enrolled uid=Kubernetes//Pod/" + pod.namespace() + "/" + pod.name() + " ");
    }
    return agent;
  }

  static Program awaitLogged(Program program, String text) {
    return program.await(Readiness.logged(text), LIMIT);
  }
}
