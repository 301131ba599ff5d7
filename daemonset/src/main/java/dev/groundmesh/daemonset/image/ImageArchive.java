package dev.groundmesh.daemonset.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Packs an image into one tar that is both an OCI image layout and what {@code docker save} writes:
 * containerd, Docker, kind and skopeo load it. The same image gives the same bytes.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/image-layout.md">OCI image
 *     layout</a>
 */
public final class ImageArchive {
  private static final String BLOBS = "blobs/sha256/";
  private static final int FILE_MODE = 0644;
  private static final JsonMapper JSON = new JsonMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ImageArchive() {}

  /**
   * What was written.
   *
   * @param digest of the manifest, {@code sha256:…}
   * @param layers sizes from the lowest to the highest
   */
  public record Result(Path file, String digest, List<LayerSize> layers) {
    /** Copies the list. */
    public Result {
      layers = List.copyOf(layers);
    }

    /** Bytes of all layers as they are in a container's file system. */
    public long size() {
      return layers.stream().mapToLong(LayerSize::plain).sum();
    }

    /** Bytes of all layers as they are stored and sent. */
    public long compressedSize() {
      return layers.stream().mapToLong(LayerSize::compressed).sum();
    }
  }

  /** Bytes of one layer. */
  public record LayerSize(long plain, long compressed) {}

  /**
   * Writes the archive, whole or not at all.
   *
   * @param scratch an existing folder for layers, on the same file system
   * @param time of every file, and of the image
   */
  public static Result write(Image image, Path archive, Path scratch, Instant time)
      throws IOException {
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < image.layers().size(); i++) {
      layers.add(Layer.write(image.layers().get(i), scratch.resolve("layer-" + i + ".gz"), time));
    }
    byte[] config = bytes(config(image, layers, time));
    byte[] manifest = bytes(manifest(config, layers));
    Path unfinished = scratch.resolve("archive");
    try (var tar =
        new TarWriter(new BufferedOutputStream(Files.newOutputStream(unfinished)), time)) {
      var tree = new FileTree();
      for (Layer layer : layers) {
        tree.file(BLOBS + layer.digest(), Content.of(layer.file()));
      }
      tree.file(BLOBS + Sha256.of(config), Content.of(config));
      tree.file(BLOBS + Sha256.of(manifest), Content.of(manifest));
      tree.file("index.json", Content.of(bytes(index(image, manifest))));
      tree.file("manifest.json", Content.of(bytes(dockerManifest(image, config, layers))));
      tree.file("oci-layout", Content.of("{\"imageLayoutVersion\":\"1.0.0\"}"));
      for (var one : tree.entries().entrySet()) {
        if (one.getValue() instanceof FileTree.RegularFile file) {
          tar.file(one.getKey(), file.content(), FILE_MODE);
        }
      }
    }
    Files.move(unfinished, archive, StandardCopyOption.ATOMIC_MOVE);
    for (Layer layer : layers) {
      Files.delete(layer.file());
    }
    return new Result(
        archive,
        "sha256:" + Sha256.of(manifest),
        layers.stream().map(layer -> new LayerSize(layer.contentSize(), layer.size())).toList());
  }

  private static JsonNode config(Image image, List<Layer> layers, Instant time) {
    ObjectNode root = NODES.objectNode();
    root.put("created", time.toString());
    root.put("architecture", image.architecture());
    root.put("os", "linux");
    ObjectNode run = root.putObject("config");
    run.put("User", image.user());
    run.set("Env", strings(image.environmentLines()));
    run.set("Entrypoint", strings(image.entrypoint()));
    run.set("Cmd", strings(image.command()));
    run.put("WorkingDir", "/");
    ObjectNode labels = run.putObject("Labels");
    image.labels().forEach(labels::put);
    ObjectNode files = root.putObject("rootfs");
    files.put("type", "layers");
    files.set(
        "diff_ids",
        strings(layers.stream().map(layer -> "sha256:" + layer.contentDigest()).toList()));
    return root;
  }

  private static JsonNode manifest(byte[] config, List<Layer> layers) {
    ObjectNode root = NODES.objectNode();
    root.put("schemaVersion", 2);
    root.put("mediaType", "application/vnd.oci.image.manifest.v1+json");
    root.set(
        "config",
        descriptor("application/vnd.oci.image.config.v1+json", Sha256.of(config), config.length));
    ArrayNode list = root.putArray("layers");
    for (Layer layer : layers) {
      list.add(
          descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer.digest(), layer.size()));
    }
    return root;
  }

  private static JsonNode index(Image image, byte[] manifest) {
    ObjectNode root = NODES.objectNode();
    root.put("schemaVersion", 2);
    root.put("mediaType", "application/vnd.oci.image.index.v1+json");
    ObjectNode one =
        descriptor(
            "application/vnd.oci.image.manifest.v1+json", Sha256.of(manifest), manifest.length);
    ObjectNode platform = one.putObject("platform");
    platform.put("architecture", image.architecture());
    platform.put("os", "linux");
    ObjectNode annotations = one.putObject("annotations");
    annotations.put("io.containerd.image.name", image.fullReference());
    annotations.put("org.opencontainers.image.ref.name", image.tag());
    root.putArray("manifests").add(one);
    return root;
  }

  private static JsonNode dockerManifest(Image image, byte[] config, List<Layer> layers) {
    ObjectNode one = NODES.objectNode();
    one.put("Config", BLOBS + Sha256.of(config));
    one.set("RepoTags", strings(List.of(image.reference())));
    one.set("Layers", strings(layers.stream().map(layer -> BLOBS + layer.digest()).toList()));
    return NODES.arrayNode().add(one);
  }

  private static ObjectNode descriptor(String mediaType, String digest, long size) {
    ObjectNode node = NODES.objectNode();
    node.put("mediaType", mediaType);
    node.put("digest", "sha256:" + digest);
    node.put("size", size);
    return node;
  }

  private static ArrayNode strings(List<String> values) {
    ArrayNode list = NODES.arrayNode();
    values.forEach(list::add);
    return list;
  }

  private static byte[] bytes(JsonNode json) throws IOException {
    return JSON.writeValueAsBytes(json);
  }
}
