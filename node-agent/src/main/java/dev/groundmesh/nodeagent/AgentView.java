package dev.groundmesh.nodeagent;

import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.meshapi.xds.XdsClient;
import dev.groundmesh.meshapi.xds.XdsStatus;
import dev.groundmesh.nodeagent.admin.AdminView;
import dev.groundmesh.nodeagent.config.AgentConfig;
import dev.groundmesh.nodeagent.enrolment.EnrolmentStatus;
import dev.groundmesh.nodeagent.explain.Explainer;
import dev.groundmesh.nodeagent.explain.Explanation;
import dev.groundmesh.nodeagent.lifecycle.Readiness;
import dev.groundmesh.tunnel.tls.CertificateManager;
import dev.groundmesh.tunnel.tls.CertificateStatus;
import dev.groundmesh.tunnel.tls.WorkloadIdentity;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** What the admin pages show of a running agent. */
final class AgentView implements AdminView {
  private final AgentConfig config;
  private final Supplier<MeshSnapshot> mesh;
  private final Supplier<List<EnrolmentStatus>> enrolments;
  private final CertificateManager certificates;
  private final Readiness readiness;
  private final XdsClient xds;
  private final Explainer explainer;

  AgentView(
      AgentConfig config,
      Supplier<MeshSnapshot> mesh,
      Supplier<List<EnrolmentStatus>> enrolments,
      CertificateManager certificates,
      Readiness readiness,
      XdsClient xds,
      Explainer explainer) {
    this.config = config;
    this.mesh = mesh;
    this.enrolments = enrolments;
    this.certificates = certificates;
    this.readiness = readiness;
    this.xds = xds;
    this.explainer = explainer;
  }

  @Override
  public MeshSnapshot snapshot() {
    return mesh.get();
  }

  @Override
  public List<Pod> pods() {
    MeshSnapshot now = mesh.get();
    return enrolments.get().stream().map(status -> pod(now, status)).toList();
  }

  private static Pod pod(MeshSnapshot mesh, EnrolmentStatus status) {
    var enrolment = status.enrolment();
    var workload = mesh.workload(enrolment.workloadUid());
    return new Pod(
        enrolment.workloadUid(),
        enrolment.name(),
        enrolment.namespace(),
        enrolment.serviceAccount(),
        workload == null ? "" : workload.identity().trustDomain(),
        status.state() == EnrolmentStatus.State.ENABLED ? "Up" : "Pending",
        status.lastError());
  }

  @Override
  public List<Certificate> certificates() {
    return certificates.statuses().join().stream().map(AgentView::certificate).toList();
  }

  private static Certificate certificate(CertificateStatus status) {
    WorkloadIdentity inUse = status.workload();
    String state =
        switch (status.state()) {
          case AVAILABLE -> "Available";
          case INITIALIZING -> "Initializing";
          case UNAVAILABLE -> "Unavailable: " + status.lastError();
        };
    return new Certificate(
        status.id().toString(),
        state,
        inUse == null ? List.of() : inUse.chain().stream().map(AgentView::x509).toList(),
        inUse == null ? List.of() : inUse.roots().stream().map(AgentView::x509).toList());
  }

  private static X509 x509(X509Certificate certificate) {
    return new X509(
        pem(certificate),
        certificate.getSerialNumber().toString(),
        certificate.getNotBefore().toInstant(),
        certificate.getNotAfter().toInstant());
  }

  private static String pem(X509Certificate certificate) {
    try {
      return "-----BEGIN CERTIFICATE-----\n"
          + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
          + "\n-----END CERTIFICATE-----\n";
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a certificate that was parsed can be encoded", e);
    }
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("NODE_NAME", config.nodeName());
    settings.put("CLUSTER_ID", config.clusterId());
    settings.put("CLUSTER_DOMAIN", config.clusterDomain());
    settings.put("NETWORK", config.network());
    settings.put("XDS_ADDRESS", config.controlPlane().xdsAddress());
    settings.put("CA_ADDRESS", config.controlPlane().caAddress());
    settings.put("XDS_ON_DEMAND", Boolean.toString(config.controlPlane().onDemand()));
    settings.put("SECRET_TTL", config.controlPlane().secretTtl().toString());
    settings.put("CONNECTION_TERMINATION_DEADLINE", config.drainDeadline().toString());
    settings.put("ISTIO_META_DNS_CAPTURE", Boolean.toString(config.dnsCapture()));
    settings.put("ENABLE_ORIG_SRC", Boolean.toString(config.preserveSource()));
    settings.put("GROUNDMESH_STATE_DIR", config.stateDirectory().toString());
    settings.put("GROUNDMESH_BPF_PIN_DIR", config.pinDirectory().toString());
    settings.put("GROUNDMESH_FAIL_MODE", config.failMode().name().toLowerCase(Locale.ROOT));
    settings.put("GROUNDMESH_SAME_NODE", config.sameNode().name().toLowerCase(Locale.ROOT));
    settings.put("GROUNDMESH_WORKER_THREADS", Integer.toString(config.workerThreads()));
    return settings;
  }

  @Override
  public List<String> notReadyBecause() {
    List<String> reasons = new ArrayList<>();
    if (readiness.isDraining()) {
      reasons.add("draining");
    }
    for (Readiness.Condition condition : readiness.missing()) {
      reasons.add(
          switch (condition) {
            case MESH_STATE -> meshStateMissing();
            case ENROLMENT -> "the pods of the node are not enrolled yet";
          });
    }
    return reasons;
  }

  private String meshStateMissing() {
    XdsStatus status = xds.status();
    String error = status.lastError();
    return "no state of the mesh yet" + (error == null ? "" : " (" + error + ")");
  }

  @Override
  public Explanation explain(String from, String to, int port) {
    return explainer.explain(mesh.get(), from, to, port);
  }

  @Override
  public void shutDown() {
    Thread.ofPlatform().name("quit").start(() -> System.exit(0));
  }
}
