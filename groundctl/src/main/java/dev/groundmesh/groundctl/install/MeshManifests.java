package dev.groundmesh.groundctl.install;

import dev.groundmesh.groundctl.mesh.ClusterAccess;
import dev.groundmesh.meshapi.control.RootConfigMapNames;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The objects of an installation: the chart's, as rendered into this program, with the settings put
 * in. A pure function of the settings.
 */
public final class MeshManifests {
  /** Istio's name for the control plane, which some of its parts ask for. */
  static final String ALIAS = "istiod";

  /** What Istio's Service selects its control plane by. */
  private static final Set<String> ALIAS_LABELS = Set.of("app", "istio");

  static final String PART_OF = "app.kubernetes.io/part-of";
  static final String PROJECT = "groundmesh";
  static final String SETTINGS = "groundmesh.dev/install-settings";

  private static final String MANAGED_BY = "app.kubernetes.io/managed-by";
  private static final String OBJECTS = "/dev/groundmesh/manifests/groundmesh.yaml";
  private static final String DEFINITIONS = "/dev/groundmesh/manifests/crds.yaml";
  private static final String IMAGES = "groundmesh/";

  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  private MeshManifests() {}

  /** Every object but the resource definitions, in the order in which they are to be made. */
  public static List<HasMetadata> objects(InstallSettings settings) {
    List<HasMetadata> objects = read(OBJECTS);
    if (settings.besideIstio()) {
      objects.removeIf(object -> object instanceof Service && isNamed(object, ALIAS));
      objects.forEach(MeshManifests::leaveToIstio);
    }
    for (HasMetadata object : objects) {
      place(object, settings.namespace());
      switch (object) {
        case DaemonSet agent -> {
          template(agent.getSpec().getTemplate(), settings);
          agent.getMetadata().getAnnotations().put(SETTINGS, settings.toJson());
        }
        case Deployment controller -> {
          template(controller.getSpec().getTemplate(), settings);
          controller.getSpec().setReplicas(settings.replicas());
        }
        case RoleBinding binding -> subjects(binding.getSubjects(), settings.namespace());
        case ClusterRoleBinding binding -> subjects(binding.getSubjects(), settings.namespace());
        case ValidatingWebhookConfiguration webhooks ->
            webhooks.getWebhooks().forEach(webhook -> place(webhook, settings.namespace()));
        default -> {}
      }
    }
    return objects;
  }

  private static boolean isNamed(HasMetadata object, String name) {
    return object.getMetadata().getName().equals(name);
  }

  /** Istio would have our controllers behind its Service, and both would write the same roots. */
  private static void leaveToIstio(HasMetadata object) {
    switch (object) {
      case ClusterRole role ->
          role.getRules()
              .forEach(
                  rule ->
                      rule.getResourceNames()
                          .replaceAll(
                              name ->
                                  name.equals(RootConfigMapNames.ISTIO)
                                      ? RootConfigMapNames.BESIDE_ISTIO
                                      : name));
      case Deployment controller -> {
        PodTemplateSpec template = controller.getSpec().getTemplate();
        controller.getMetadata().getLabels().keySet().removeAll(ALIAS_LABELS);
        template.getMetadata().getLabels().keySet().removeAll(ALIAS_LABELS);
        template
            .getSpec()
            .getContainers()
            .forEach(
                one -> set(one, "GROUNDMESH_ROOT_CONFIG_MAP", RootConfigMapNames.BESIDE_ISTIO));
      }
      case DaemonSet agent ->
          agent.getSpec().getTemplate().getSpec().getVolumes().stream()
              .map(Volume::getConfigMap)
              .filter(source -> source != null && RootConfigMapNames.ISTIO.equals(source.getName()))
              .forEach(source -> source.setName(RootConfigMapNames.BESIDE_ISTIO));
      default -> {}
    }
  }

  /** Whether we, or a controller of ours, made an object. */
  static boolean isOurs(HasMetadata object) {
    return PROJECT.equals(
        Objects.requireNonNullElse(object.getMetadata().getLabels(), Map.<String, String>of())
            .get(PART_OF));
  }

  /** The definitions of the kinds of Istio that the mesh understands. */
  public static List<HasMetadata> definitions() {
    return read(DEFINITIONS);
  }

  private static List<HasMetadata> read(String resource) {
    try (InputStream in = MeshManifests.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + ": not packed into this program");
      }
      List<HasMetadata> objects = new ArrayList<>();
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String document : text.split("(?m)^---\\s*$", -1)) {
        if (document.lines().anyMatch(line -> !line.isBlank() && !line.startsWith("#"))) {
          objects.add(YAML.unmarshal(document));
        }
      }
      return objects;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void place(HasMetadata object, String namespace) {
    if (object instanceof Namespace) {
      object.getMetadata().setName(namespace);
      return;
    }
    if (object.getMetadata().getNamespace() != null) {
      object.getMetadata().setNamespace(namespace);
    }
    object.getMetadata().getLabels().put(MANAGED_BY, "groundctl");
  }

  private static void place(ValidatingWebhook webhook, String namespace) {
    webhook.getClientConfig().getService().setNamespace(namespace);
  }

  private static void subjects(List<Subject> subjects, String namespace) {
    subjects.forEach(subject -> subject.setNamespace(namespace));
  }

  private static void template(PodTemplateSpec template, InstallSettings settings) {
    List<String> excluded = new ArrayList<>(settings.excludedNamespaces());
    excluded.add(settings.namespace());
    String neverEnrolled = String.join(",", excluded.stream().distinct().toList());
    for (Container container : template.getSpec().getContainers()) {
      container.setImage(image(container.getImage(), settings));
      set(container, "CLUSTER_ID", settings.clusterId());
      set(container, "NETWORK", settings.network());
      set(container, "TRUST_DOMAIN", settings.trustDomain());
      set(container, "ROOT_NAMESPACE", settings.namespace());
      set(container, "GROUNDMESH_EXCLUDED_NAMESPACES", neverEnrolled);
      set(container, "GROUNDMESH_CNI_EXCLUDED_NAMESPACES", neverEnrolled);
      set(container, "GROUNDMESH_FAIL_MODE", settings.failMode());
      set(
          container,
          "XDS_ADDRESS",
          "https://" + ClusterAccess.CONTROLLER + '.' + settings.namespace() + ".svc:15012");
      set(
          container,
          "CA_TRUSTED_NODE_ACCOUNTS",
          settings.namespace()
              + '/'
              + ClusterAccess.AGENT
              + ','
              + settings.namespace()
              + "/ztunnel");
    }
  }

  /** Changes a variable that the manifests give the container; others are not for it. */
  private static void set(Container container, String name, String value) {
    variable(container, name).ifPresent(variable -> variable.setValue(value));
  }

  private static Optional<EnvVar> variable(Container container, String name) {
    return container.getEnv().stream().filter(one -> one.getName().equals(name)).findFirst();
  }

  private static String image(String rendered, InstallSettings settings) {
    String name = rendered.substring(rendered.indexOf(IMAGES));
    String tagged =
        settings.tag().isEmpty() ? name : name.substring(0, name.indexOf(':') + 1) + settings.tag();
    return settings.registry().isEmpty()
        ? tagged
        : settings.registry().replaceAll("/+$", "") + '/' + tagged;
  }

  /** The object as a document of YAML. */
  public static String yaml(HasMetadata object) {
    return YAML.asYaml(object).strip();
  }

  /** {@code Kind namespace/name}, or {@code Kind name}. */
  static String name(HasMetadata object) {
    @Nullable String namespace = object.getMetadata().getNamespace();
    return object.getKind()
        + ' '
        + (namespace == null ? "" : namespace + '/')
        + object.getMetadata().getName();
  }
}
