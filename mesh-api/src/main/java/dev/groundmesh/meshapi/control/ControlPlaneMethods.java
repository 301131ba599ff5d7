package dev.groundmesh.meshapi.control;

import dev.groundmesh.meshapi.proto.certificate.IstioCertificateRequest;
import dev.groundmesh.meshapi.proto.certificate.IstioCertificateResponse;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryRequest;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;
import dev.groundmesh.meshapi.proto.enrolment.RedirectionReceipt;
import dev.groundmesh.meshapi.proto.enrolment.RedirectionReport;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.protobuf.lite.ProtoLiteUtils;

/**
 * The gRPC methods of the control plane and the metadata that authenticates their calls.
 *
 * <p>Names are Envoy's and Istio's where they have such a method, so that either side may be one of
 * theirs.
 */
public final class ControlPlaneMethods {
  /** Delta ADS; every type of resource travels on the one stream. */
  public static final String DISCOVERY_SERVICE =
      "envoy.service.discovery.v3.AggregatedDiscoveryService";

  /** The certificate service; wire compatible with Istio's. */
  public static final String CERTIFICATE_SERVICE = "istio.v1.auth.IstioCertificateService";

  /** What node agents tell of their pods; our own. */
  public static final String REDIRECTION_REPORTS = "groundmesh.enrolment.RedirectionReports";

  public static final MethodDescriptor<DeltaDiscoveryRequest, DeltaDiscoveryResponse>
      DELTA_AGGREGATED_RESOURCES =
          MethodDescriptor.<DeltaDiscoveryRequest, DeltaDiscoveryResponse>newBuilder()
              .setType(MethodType.BIDI_STREAMING)
              .setFullMethodName(
                  MethodDescriptor.generateFullMethodName(
                      DISCOVERY_SERVICE, "DeltaAggregatedResources"))
              .setRequestMarshaller(
                  ProtoLiteUtils.marshaller(DeltaDiscoveryRequest.getDefaultInstance()))
              .setResponseMarshaller(
                  ProtoLiteUtils.marshaller(DeltaDiscoveryResponse.getDefaultInstance()))
              .build();

  public static final MethodDescriptor<IstioCertificateRequest, IstioCertificateResponse>
      CREATE_CERTIFICATE =
          MethodDescriptor.<IstioCertificateRequest, IstioCertificateResponse>newBuilder()
              .setType(MethodType.UNARY)
              .setFullMethodName(
                  MethodDescriptor.generateFullMethodName(CERTIFICATE_SERVICE, "CreateCertificate"))
              .setRequestMarshaller(
                  ProtoLiteUtils.marshaller(IstioCertificateRequest.getDefaultInstance()))
              .setResponseMarshaller(
                  ProtoLiteUtils.marshaller(IstioCertificateResponse.getDefaultInstance()))
              .build();

  public static final MethodDescriptor<RedirectionReport, RedirectionReceipt> REPORT_REDIRECTION =
      MethodDescriptor.<RedirectionReport, RedirectionReceipt>newBuilder()
          .setType(MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(REDIRECTION_REPORTS, "Report"))
          .setRequestMarshaller(ProtoLiteUtils.marshaller(RedirectionReport.getDefaultInstance()))
          .setResponseMarshaller(ProtoLiteUtils.marshaller(RedirectionReceipt.getDefaultInstance()))
          .build();

  /** {@code Bearer <token>}. */
  public static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  public static final Metadata.Key<String> CLUSTER_ID =
      Metadata.Key.of("clusterid", Metadata.ASCII_STRING_MARSHALLER);

  /** Key of {@code IstioCertificateRequest.metadata}: the SPIFFE id that a node asks for. */
  public static final String IMPERSONATED_IDENTITY = "ImpersonatedIdentity";

  private ControlPlaneMethods() {}
}
