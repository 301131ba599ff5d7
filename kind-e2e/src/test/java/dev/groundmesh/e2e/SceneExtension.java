package dev.groundmesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.e2e.cluster.Cluster;
import dev.groundmesh.e2e.mesh.Mesh;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * Installs the mesh once for all tests of a run, gives each test its {@link Scene}, and after each
 * looks through the logs of agents and controller. A test that fails has what its scene looked like
 * in its own report.
 */
final class SceneExtension
    implements ParameterResolver, TestExecutionExceptionHandler, AfterEachCallback {
  private static final ExtensionContext.Namespace STORE =
      ExtensionContext.Namespace.create(SceneExtension.class);

  /** The cluster with the mesh in it, for the whole run. */
  private static final class Stage implements AutoCloseable {
    private final Cluster cluster;
    private final Mesh mesh;

    /**
     * When the last test ended that breaks things, or the mesh was installed, perhaps in the place
     * of a former one; the mesh tells of that for a while.
     */
    private volatile Instant disrupted;

    Stage() {
      Path home = Objects.requireNonNull(Path.of("").toAbsolutePath().getParent());
      cluster = Cluster.open(home);
      mesh = new Mesh(cluster, home);
      mesh.loadImages();
      mesh.install();
      mesh.awaitReady();
      disrupted = Instant.now();
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
        .computeIfAbsent(
            Scene.class, key -> new Scene(stage.cluster, stage.mesh, stage.disrupted), Scene.class);
  }

  /** What a scene looked like when its test failed. */
  private static final class SceneThen extends Exception {
    private static final long serialVersionUID = 1;

    SceneThen(String description) {
      super("the scene then:\n" + description, null, false, false);
    }
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    Scene scene = context.getStore(STORE).get(Scene.class, Scene.class);
    if (scene != null) {
      try {
        failure.addSuppressed(new SceneThen(scene.describe()));
      } catch (RuntimeException e) {
        failure.addSuppressed(e);
      }
    }
    throw failure;
  }

  @Override
  public void afterEach(ExtensionContext context) {
    Scene scene = context.getStore(STORE).get(Scene.class, Scene.class);
    if (scene == null) {
      return;
    }
    try {
      if (context.getExecutionException().isEmpty()) {
        assertThat(scene.unexpectedLogLines())
            .as("warnings and errors in the mesh's logs")
            .isEmpty();
      }
    } finally {
      Stage stage = context.getRoot().getStore(STORE).get(Stage.class, Stage.class);
      if (stage != null
          && context.getRequiredTestClass().isAnnotationPresent(DisruptiveTest.class)) {
        stage.disrupted = Instant.now();
      }
      scene.close();
    }
  }
}
