package dev.groundmesh.meshapi.reason;

/**
 * Why something was refused, cut or not applied.
 *
 * <p>The name of a constant is the code that appears in logs, metrics, status and answers: it never
 * changes its meaning and is never reused. Each refusal of a connection also maps to the response
 * flag that Istio's dashboards know and to the status that answers an HBONE CONNECT.
 */
public enum ReasonCode {
  // Authorization.
  /** A DENY policy matches. */
  POLICY_DENIED(ResponseFlag.DENY, 401, "a DENY policy matches the connection"),
  /** ALLOW policies apply and none matches. */
  POLICY_NOT_ALLOWED(
      ResponseFlag.DENY, 401, "ALLOW policies apply and none of them matches the connection"),
  /** The workload lists a policy that is not known here, so that it cannot be enforced. */
  POLICY_UNKNOWN(
      ResponseFlag.DENY,
      401,
      "the workload lists an authorization policy that the agent does not have"),
  /** A policy with limitations denies what it could match. */
  POLICY_UNSUPPORTED(
      ResponseFlag.DENY,
      401,
      "an authorization policy uses something that this version cannot enforce, so it denies what it could match"),
  /** A live connection is no longer allowed. */
  POLICY_CHANGED(
      ResponseFlag.DENY,
      401,
      "closed because a policy changed and no longer allows the connection"),

  // Destination.
  /** The agent was not told of a workload that it acts for, in time. */
  WORKLOAD_UNKNOWN(ResponseFlag.CONNECT, 503, "the workload is not known to the mesh"),
  /** A host name names no service. */
  SERVICE_UNKNOWN(ResponseFlag.CONNECT, 503, "no such service"),
  /** A service does not have the port that was asked for. */
  SERVICE_PORT_UNKNOWN(ResponseFlag.CONNECT, 503, "the service has no such port"),
  /** No endpoint of the service can be used. */
  NO_HEALTHY_UPSTREAM(
      ResponseFlag.CONNECT,
      503,
      "no healthy upstream: the service has no endpoint that can take the connection"),
  /** A waypoint is required and cannot be found; it is never bypassed. */
  WAYPOINT_MISSING(
      ResponseFlag.CONNECT,
      503,
      "the waypoint that the destination requires is not known or has no endpoint"),
  /** Another network, and no gateway to it. */
  GATEWAY_MISSING(
      ResponseFlag.CONNECT,
      503,
      "the destination is on another network and no gateway leads there"),
  /** A workload of another network was addressed by itself. */
  CROSS_NETWORK_NEEDS_SERVICE(
      ResponseFlag.CONNECT, 503, "only connections to a service may cross networks"),
  /** Plain text is not sent instead. */
  UNSUPPORTED_TUNNEL_PROTOCOL(
      ResponseFlag.CONNECT,
      503,
      "the destination is reached by a tunnel protocol that this version does not speak"),
  /** An unknown application tunnel protocol. */
  UNSUPPORTED_APPLICATION_TUNNEL(
      ResponseFlag.CONNECT,
      503,
      "the workload wants its connections handed over in a way that this version does not know"),
  /** The loop guard. */
  LOOP(ResponseFlag.CONNECT, 503, "the destination is a port of the mesh itself"),
  /** A workload known by host name only could not be resolved. */
  DNS_FAILED(ResponseFlag.CONNECT, 503, "the destination's host name could not be resolved"),

  // Connecting.
  /** TCP connect failed. */
  CONNECT_FAILED(ResponseFlag.CONNECT, 503, "connecting to the next hop failed"),
  /** TCP connect to the application had no answer in time. */
  CONNECT_TIMEOUT(ResponseFlag.CONNECT, 503, "connecting to the application timed out"),
  /** TCP connect to port 15008 had no answer in time. */
  TUNNEL_CONNECT_TIMEOUT(
      ResponseFlag.NETWORK_POLICY,
      503,
      "connecting to the peer's HBONE port timed out: maybe a NetworkPolicy blocks port 15008"),
  /** Every 4-tuple to the destination is taken. */
  SOURCE_ADDRESS_BUSY(ResponseFlag.CONNECT, 503, "no local port is free to connect with"),

  // TLS.
  /** Anything not named below. */
  TLS_HANDSHAKE_FAILED(ResponseFlag.TLS_FAILURE, 503, "the TLS handshake failed"),
  /** The peer did not finish in time. */
  TLS_HANDSHAKE_TIMEOUT(ResponseFlag.TLS_FAILURE, 503, "the TLS handshake took too long"),
  /** The chain does not end at a root of the mesh. */
  TLS_PEER_UNTRUSTED(ResponseFlag.TLS_FAILURE, 503, "the peer's certificate is of no trusted root"),
  /** Outside of its validity; check the clocks. */
  TLS_PEER_EXPIRED(
      ResponseFlag.TLS_FAILURE, 503, "the peer's certificate is expired or not yet valid"),
  /** Both sides must prove who they are. */
  TLS_PEER_NO_CERTIFICATE(ResponseFlag.TLS_FAILURE, 503, "the peer sent no certificate"),
  /** No URI SAN of the form that the mesh uses. */
  TLS_PEER_NO_IDENTITY(
      ResponseFlag.TLS_FAILURE, 503, "the peer's certificate holds no SPIFFE identity"),
  /** None of the peer's identities is expected. */
  TLS_WRONG_IDENTITY(
      ResponseFlag.TLS_FAILURE, 503, "the peer proved another identity than the one expected"),
  /** A client of a trust domain that is not the server's. */
  TLS_WRONG_TRUST_DOMAIN(
      ResponseFlag.TLS_FAILURE, 503, "the peer's identity is of another trust domain"),
  /** The peer ended the handshake with an alert about our certificate. */
  TLS_PEER_REJECTED_US(ResponseFlag.TLS_FAILURE, 503, "the peer refused our certificate"),
  /** By the revocation list, at the handshake or later. */
  CERT_REVOKED(ResponseFlag.CERT_REVOKED, 503, "the peer's certificate is revoked"),
  /** The certificate service did not give one. */
  IDENTITY_UNAVAILABLE(
      ResponseFlag.IDENTITY_ERROR, 503, "no certificate could be had for the workload's identity"),

  // Tunnel.
  /** Only CONNECT is served. */
  CONNECT_METHOD_EXPECTED(ResponseFlag.CONNECT, 400, "the request's method is not CONNECT"),
  /** The authority cannot be read. */
  AUTHORITY_MALFORMED(ResponseFlag.CONNECT, 400, "the CONNECT authority is not host:port"),
  /** A peer asks for something that this workload may not stand for. */
  AUTHORITY_NOT_ALLOWED(
      ResponseFlag.CONNECT, 400, "the CONNECT authority is not an address of this workload"),
  /** Header fields that RFC 9113 forbids. */
  HEADERS_MALFORMED(ResponseFlag.CONNECT, 400, "the request's headers break the rules of HTTP/2"),
  /** The peer answered the CONNECT with a status other than 200. */
  HBONE_REFUSED(ResponseFlag.CONNECT, 503, "the peer refused the tunnel"),
  /** The peer answered the CONNECT with 401. */
  HBONE_UNAUTHORIZED(
      ResponseFlag.CONNECT, 503, "the peer's authorization policy refused the tunnel"),
  /** Wrong ALPN, preface or settings. */
  H2_HANDSHAKE_FAILED(
      ResponseFlag.H2_HANDSHAKE_FAILURE, 503, "the HTTP/2 connection could not be set up"),
  /** An error of the connection, RFC 9113 section 5.4.1. */
  H2_PROTOCOL_ERROR(ResponseFlag.H2_HANDSHAKE_FAILURE, 503, "the peer broke the rules of HTTP/2"),
  /** A flood of RST_STREAM. */
  H2_RAPID_RESET(
      ResponseFlag.H2_HANDSHAKE_FAILURE, 503, "the peer opens and resets streams too fast"),
  /** A flood of SETTINGS. */
  H2_SETTINGS_FLOOD(
      ResponseFlag.H2_HANDSHAKE_FAILURE, 503, "the peer sends too many SETTINGS frames"),
  /** A flood of PING. */
  H2_PING_FLOOD(ResponseFlag.H2_HANDSHAKE_FAILURE, 503, "the peer sends too many PING frames"),
  /** A flood of CONTINUATION. */
  H2_CONTINUATION_FLOOD(
      ResponseFlag.H2_HANDSHAKE_FAILURE,
      503,
      "the peer's header block has too many CONTINUATION frames"),
  /** A flood of frames without content. */
  H2_EMPTY_FRAMES_FLOOD(
      ResponseFlag.H2_HANDSHAKE_FAILURE, 503, "the peer sends too many empty frames"),
  /** A flood of other control frames, WINDOW_UPDATE and PRIORITY among them. */
  H2_CONTROL_FLOOD(
      ResponseFlag.H2_HANDSHAKE_FAILURE, 503, "the peer sends too many control frames"),
  /** Beyond the advertised limit. */
  H2_HEADERS_TOO_LARGE(
      ResponseFlag.H2_HANDSHAKE_FAILURE, 503, "the peer's header list is too large"),
  /** A peer or gateway that takes the tunnel and leaves its requests unanswered. */
  HBONE_TIMEOUT(ResponseFlag.CONNECT, 503, "the peer did not answer the CONNECT in a minute"),
  /** The tunnel ended under its streams. */
  TUNNEL_LOST(ResponseFlag.CONNECT, 503, "the tunnel to the peer broke"),
  /** No answer to an HTTP/2 PING in time. */
  TUNNEL_PING_TIMEOUT(ResponseFlag.NETWORK_POLICY, 503, "the peer no longer answers on the tunnel"),
  /** RST_STREAM by the peer. */
  STREAM_RESET(ResponseFlag.CONNECT, 503, "the peer reset the stream"),

  // Limits and life cycle.
  /** Overload sheds new work first. */
  CONNECTION_LIMIT(ResponseFlag.CONNECT, 503, "the agent's limit of connections is reached"),
  /** More streams than advertised. */
  STREAM_LIMIT(ResponseFlag.CONNECT, 503, "the tunnel's limit of streams is reached"),
  /** New work is shed before memory is at risk. */
  MEMORY_LIMIT(ResponseFlag.CONNECT, 503, "the agent's memory limit is near"),
  /** Raise the limit, or spread the pods. */
  FD_LIMIT(ResponseFlag.CONNECT, 503, "the agent has no file descriptor left"),
  /** Outlived the drain deadline. */
  DRAIN_TIMEOUT(ResponseFlag.CONNECT, 503, "cut at the end of the agent's drain time"),
  /** Its listeners and connections are gone. */
  POD_RELEASED(ResponseFlag.CONNECT, 503, "the pod left the mesh or was deleted"),
  /** Refused in the kernel. */
  AGENT_NOT_ALIVE(
      ResponseFlag.CONNECT, 503, "the node's agent is not alive and its fail mode is closed"),
  /** Refused in the kernel: it would have passed the mesh by. */
  CAPTURE_FAILED(
      ResponseFlag.CONNECT, 503, "the kernel could not lead the connection to the node's agent"),
  /** A fault of this program. */
  INTERNAL_ERROR(
      ResponseFlag.CONNECT, 503, "an error of the agent itself; its log has the details"),

  // Configuration and control plane.
  /** What was known before stays in force. */
  RESOURCE_REJECTED(
      ResponseFlag.NONE, 503, "a resource of the control plane is invalid and was not applied"),
  /** It is applied in the strictest reading. */
  RESOURCE_LIMITED(
      ResponseFlag.NONE,
      503,
      "a resource of the control plane uses something that this version does not know"),
  /** Truncated, corrupt or of another version. */
  STATE_UNREADABLE(ResponseFlag.NONE, 503, "the saved state cannot be read and is not used"),
  /** For example because the disk is full. */
  STATE_UNWRITABLE(ResponseFlag.NONE, 503, "the state cannot be saved"),
  /** The last good state goes on being served. */
  CONTROL_PLANE_UNREACHABLE(ResponseFlag.NONE, 503, "the control plane cannot be reached"),
  /** Its traffic is not captured yet; it is tried again. */
  ENROLMENT_FAILED(ResponseFlag.NONE, 503, "the pod could not be enrolled");

  private final ResponseFlag responseFlag;
  private final int hboneStatus;
  private final String text;

  ReasonCode(ResponseFlag responseFlag, int hboneStatus, String text) {
    this.responseFlag = responseFlag;
    this.hboneStatus = hboneStatus;
    this.text = text;
  }

  /** The code as it is written everywhere. */
  public String code() {
    return name();
  }

  public ResponseFlag responseFlag() {
    return responseFlag;
  }

  /** The HTTP status that refuses a CONNECT for this reason: 400, 401 or 503. */
  public int hboneStatus() {
    return hboneStatus;
  }

  /** What happened, in one short phrase for people. */
  public String text() {
    return text;
  }
}
