package dev.groundmesh.controller.ca;

import dev.groundmesh.controller.state.StateException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A CA certificate that someone else made, in the four files of Istio's {@code cacerts}: {@code
 * ca-cert.pem}, {@code ca-key.pem}, {@code cert-chain.pem} and {@code root-cert.pem}. A change of
 * the files is taken over when all of it fits together; until then the former stays in force.
 */
final class PluggedTrust implements TrustSource {

  private static final Logger log = LoggerFactory.getLogger(PluggedTrust.class);

  private final Path directory;
  private final Clock clock;
  private volatile TrustBundle bundle;
  private Map<String, String> files;
  private volatile String rejected = "";

  private PluggedTrust(Path directory, Clock clock, TrustBundle bundle, Map<String, String> files) {
    this.directory = directory;
    this.clock = clock;
    this.bundle = bundle;
    this.files = files;
  }

  static PluggedTrust load(Path directory, Clock clock) throws StateException {
    try {
      Map<String, String> files = read(directory);
      return new PluggedTrust(directory, clock, bundle(files, clock), files);
    } catch (IOException | GeneralSecurityException e) {
      throw new StateException(directory, "no usable CA: " + e.getMessage(), e);
    }
  }

  @Override
  public TrustBundle current() {
    return bundle;
  }

  @Override
  public String problem() {
    return rejected;
  }

  @Override
  public void issued(Duration lifetime) {
    // Whoever plugs in the roots decides when one may go.
  }

  /** Takes over changed files; called by one thread, now and then. */
  void reload() {
    try {
      Map<String, String> now = read(directory);
      if (now.equals(files)) {
        return;
      }
      bundle = bundle(now, clock);
      files = now;
      rejected = "";
      log.info("took over the CA of {}", directory);
    } catch (IOException | GeneralSecurityException e) {
      String problem = String.valueOf(e.getMessage());
      if (!problem.equals(rejected)) {
        rejected = problem;
        log.error("{}: no usable CA, the former stays in force: {}", directory, problem);
      }
    }
  }

  private static Map<String, String> read(Path directory) throws IOException {
    Map<String, String> files = new HashMap<>();
    for (String name : PluggedCa.FILES) {
      try {
        files.put(name, Files.readString(directory.resolve(name), StandardCharsets.US_ASCII));
      } catch (IOException e) {
        throw new IOException(name + " cannot be read: " + e.getMessage(), e);
      }
    }
    return files;
  }

  private static TrustBundle bundle(Map<String, String> files, Clock clock)
      throws IOException, GeneralSecurityException {
    PluggedCa ca = PluggedCa.parse(files, clock.instant());
    return TrustBundle.of(ca.signer(), ca.intermediates(), ca.roots());
  }
}
