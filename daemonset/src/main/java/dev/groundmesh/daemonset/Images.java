package dev.groundmesh.daemonset;

import dev.groundmesh.daemonset.image.FileTree;
import dev.groundmesh.daemonset.image.ImageArchive;
import dev.groundmesh.lab.mesh.AotTraining;
import dev.groundmesh.lab.mesh.AotTraining.Trainee;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Makes the images: {@code make images}. Nothing is pulled; needs root, to train. */
public final class Images {
  private final Path home;
  private final String version;
  private final Instant time;
  private final PrintStream out;
  private final Instant start = Instant.now();

  private Images(Path home, String version, Instant time, PrintStream out) {
    this.home = home;
    this.version = version;
    this.time = time;
    this.out = out;
  }

  /** Takes no arguments; the launcher's properties say where the build is. */
  public static void main(String[] arguments) throws IOException {
    new Images(
            Path.of(required("groundmesh.home")),
            required("groundmesh.version"),
            Instant.parse(required("groundmesh.timestamp")),
            System.out)
        .make();
  }

  private static String required(String property) {
    String value = System.getProperty(property);
    if (value == null) {
      throw new IllegalStateException(property + ": not set (expected: run by its launcher)");
    }
    return value;
  }

  private void make() throws IOException {
    Path target = home.resolve("daemonset").resolve("target");
    Path work = target.resolve("images-work");
    delete(work);
    Files.createDirectories(work);
    ProgramImage agent = gather(Recipe.AGENT, work);
    ProgramImage controller = gather(Recipe.CONTROLLER, work);
    Path images = Files.createDirectories(target.resolve("images"));
    for (ProgramImage image : List.of(agent, controller)) {
      try (var in = image.addBillOfMaterials(version, time).open()) {
        Files.copy(
            in,
            images.resolve(image.recipe().program() + ".cdx.json"),
            StandardCopyOption.REPLACE_EXISTING);
      }
    }
    say("training both programs in their runtimes, on two nodes");
    Trainee agentTrainee = trainee(agent, work);
    Trainee controllerTrainee = trainee(controller, work);
    if (!AotTraining.train(agentTrainee, controllerTrainee)) {
      throw new IOException("no AOT cache was made; the programs' output says why");
    }
    agent.addCache(agentTrainee.cache());
    controller.addCache(controllerTrainee.cache());
    for (ProgramImage image : List.of(agent, controller)) {
      say("packing " + image.recipe().program());
      report(
          ImageArchive.write(
              image.image(version), images.resolve(image.recipe().program() + ".tar"), work, time),
          image);
    }
    delete(work);
  }

  private ProgramImage gather(Recipe recipe, Path work) throws IOException {
    say("linking a Java runtime for " + recipe.program());
    return ProgramImage.gather(
        recipe, home, Files.createDirectories(work.resolve(recipe.program())));
  }

  private Trainee trainee(ProgramImage image, Path work) throws IOException {
    Path folder = work.resolve(image.recipe().program());
    Path root = folder.resolve("root");
    Files.createDirectories(root);
    for (FileTree layer : image.untrained()) {
      layer.writeTo(root, time);
    }
    return new Trainee(image.command(root), folder.resolve("program.aot"));
  }

  private void report(ImageArchive.Result result, ProgramImage image) {
    out.printf(
        Locale.ROOT,
        "%s: %.1f MB, compressed %.1f MB, %s%n",
        home.relativize(result.file()),
        result.size() / 1e6,
        result.compressedSize() / 1e6,
        image.image(version).reference());
    List<String> names = List.of("runtime", "libraries", "program", "AOT cache");
    for (int i = 0; i < names.size(); i++) {
      out.printf(
          Locale.ROOT,
          "  %-10s %6.1f MB, compressed %5.1f MB%n",
          names.get(i),
          result.layers().get(i).plain() / 1e6,
          result.layers().get(i).compressed() / 1e6);
    }
  }

  private void say(String what) {
    out.printf("images: %3d s  %s%n", Duration.between(start, Instant.now()).toSeconds(), what);
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
