package dev.groundmesh.controller;

import dev.groundmesh.controller.auth.AdminToken;
import dev.groundmesh.controller.auth.NodeTokenFiles;
import dev.groundmesh.controller.auth.SignedTokens;
import dev.groundmesh.controller.auth.TokenAuthenticator;
import dev.groundmesh.controller.auth.TokenKey;
import dev.groundmesh.controller.ca.CaSettings;
import dev.groundmesh.controller.ca.CertificateAuthority;
import dev.groundmesh.controller.compile.CompiledResources;
import dev.groundmesh.controller.state.StateDirectory;
import dev.groundmesh.controller.state.StateException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A machine without Kubernetes: everything is in the files of one state directory. */
final class DirectoryPlatform implements Platform {

  private static final Duration TOKEN_LEEWAY = Duration.ofSeconds(10);
  private static final String ADMIN_TOKEN_FILE = "admin-token";

  private final StateDirectory state;
  private final CertificateAuthority authority;
  private final SignedTokens tokens;
  private final NodeTokenFiles nodeTokens;
  private final Clock clock;
  private long tokensAt = -1;

  private DirectoryPlatform(
      StateDirectory state,
      CertificateAuthority authority,
      SignedTokens tokens,
      NodeTokenFiles nodeTokens,
      Clock clock) {
    this.state = state;
    this.authority = authority;
    this.tokens = tokens;
    this.nodeTokens = nodeTokens;
    this.clock = clock;
  }

  /**
   * Loads or makes the keys.
   *
   * @param agentNamespace of the account that node tokens are made for
   * @param agentAccount the account that node tokens are made for
   * @throws StateException if what is in the state directory is damaged
   */
  static DirectoryPlatform open(
      StateDirectory state,
      CaSettings certificates,
      String agentNamespace,
      String agentAccount,
      Duration tokenLifetime,
      Clock clock,
      SecureRandom random)
      throws StateException {
    CertificateAuthority authority = CertificateAuthority.open(certificates, state, clock, random);
    SignedTokens tokens =
        new SignedTokens(TokenKey.loadOrCreate(state, random), clock, TOKEN_LEEWAY);
    if (state.read(ADMIN_TOKEN_FILE).isEmpty()) {
      state.writeSecret(ADMIN_TOKEN_FILE, AdminToken.make(random) + '\n');
    }
    DirectoryPlatform platform =
        new DirectoryPlatform(
            state,
            authority,
            tokens,
            new NodeTokenFiles(state, tokens, agentNamespace, agentAccount, tokenLifetime, clock),
            clock);
    platform.handOutRoots();
    return platform;
  }

  @Override
  public CertificateAuthority authority() {
    return authority;
  }

  @Override
  public TokenAuthenticator tokens() {
    return tokens;
  }

  /** Makes tokens of service accounts that this platform's control plane accepts. */
  SignedTokens signedTokens() {
    return tokens;
  }

  @Override
  public String adminToken() throws StateException {
    String token = state.read(ADMIN_TOKEN_FILE).map(String::strip).orElse("");
    if (token.isEmpty()) {
      throw new StateException(
          state.path(ADMIN_TOKEN_FILE), "is empty (expected: the admin token)", null);
    }
    return token;
  }

  @Override
  public void upkeep(CompiledResources newest) throws StateException {
    authority.upkeep();
    // Renewals are due every few hours; new nodes come with a new revision.
    long minute = clock.instant().getEpochSecond() / 60;
    long mark = newest.revision() * 31 + minute;
    if (mark != tokensAt) {
      tokensAt = mark;
      nodeTokens.refresh(newest.nodes());
    }
  }

  @Override
  public void handOutRoots() throws StateException {
    Optional<String> exported = state.read(CertificateAuthority.ROOTS_FILE);
    if (!exported.equals(Optional.of(authority.rootsPem()))) {
      state.writePublic(CertificateAuthority.ROOTS_FILE, authority.rootsPem());
    }
  }

  /** Whoever starts agents by hand ends them by hand. */
  @Override
  public CompletionStage<Boolean> agentsLeave() {
    return CompletableFuture.completedFuture(false);
  }

  @Override
  public void close() {
    // Files need no farewell.
  }
}
