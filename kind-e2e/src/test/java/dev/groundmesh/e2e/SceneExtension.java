package dev.groundmesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.e2e.cluster.Cluster;
import dev.groundmesh.e2e.mesh.Mesh;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Installs the mesh once for all tests of a run, gives each test its {@link Scene}, and after each
 * looks through the logs of agents and controller.
 */
final class SceneExtension implements ParameterResolver, AfterEachCallback {
  private static final ExtensionContext.Namespace STORE =
      ExtensionContext.Namespace.create(SceneExtension.class);

  /** The cluster with the mesh in it, for the whole run. */
  private static final class Stage implements AutoCloseable {
    private final Cluster cluster;
    private final Mesh mesh;

    Stage() {
      Path home = Objects.requireNonNull(Path.of("").toAbsolutePath().getParent());
      cluster = Cluster.open(home);
      mesh = new Mesh(cluster, home);
      mesh.loadImages();
      mesh.install();
      mesh.awaitReady();
    }

    @Override
    public void close() {
      cluster.close();
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Scene.class;
  }

  @Override
  public Scene resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Stage stage =
        context
            .getRoot()
            .getStore(STORE)
            .computeIfAbsent(Stage.class, key -> new Stage(), Stage.class);
    return context
        .getStore(STORE)
        .computeIfAbsent(Scene.class, key -> new Scene(stage.cluster, stage.mesh), Scene.class);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    Scene scene = context.getStore(STORE).get(Scene.class, Scene.class);
    if (scene == null) {
      return;
    }
    try {
      if (context.getExecutionException().isPresent()) {
        System.err.println("After " + context.getDisplayName() + ":\n" + scene.describe());
      } else {
        assertThat(scene.unexpectedLogLines())
            .as("warnings and errors in the mesh's logs")
            .isEmpty();
      }
    } finally {
      scene.close();
    }
  }
}
