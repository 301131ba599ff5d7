package dev.groundmesh.meshapi.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RootTrustTest {
  private static final X509Certificate SERVER =
      TestCertificates.naming(
              new GeneralName(GeneralName.iPAddress, "192.0.2.1"),
              new GeneralName(GeneralName.iPAddress, "2001:db8::1"),
              new GeneralName(GeneralName.dNSName, "istiod.istio-system.svc"),
              new GeneralName(GeneralName.dNSName, "*.example.com"),
              new GeneralName(GeneralName.dNSName, "*.com"),
              new GeneralName(GeneralName.dNSName, "192.0.2.9"))
          .server();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "istiod.istio-system.svc",
        "ISTIOD.istio-system.SVC",
        "a.example.com",
        "192.0.2.1",
        "2001:db8::1",
        "[2001:db8:0::1]"
      })
  void aHostThatTheCertificateNamesIsTrusted(String host) throws CertificateException {
    assertThat(RootTrust.names(SERVER, host)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "svc, a part of a name",
    "istiod.istio-system.svc.other, a longer name",
    "example.com, no label for the wildcard",
    "a.b.example.com, two labels for the wildcard",
    ".example.com, an empty label for the wildcard",
    "other.com, a wildcard for a top-level domain",
    "192.0.2.9, an address that is given as a name",
    "192.0.2.2, another address",
    "2001:db8::2, another address",
    "istiod, the common name"
  })
  void anotherHostIsNot(String host, String reason) throws CertificateException {
    assertThat(RootTrust.names(SERVER, host)).as(reason).isFalse();
  }

  @Test
  void aCertificateWithoutNamesNamesNobody() throws CertificateException {
    assertThat(RootTrust.names(TestCertificates.create().root(), "istiod.istio-system.svc"))
        .isFalse();
  }

  @Test
  void nothingIsTrustedWithoutTheEngineOfItsConnection() throws IOException {
    TestCertificates certificates = TestCertificates.create();
    RootTrust trust = RootTrust.of(certificates.rootPem().getBytes(StandardCharsets.US_ASCII));
    assertThatThrownBy(
            () ->
                trust.checkServerTrusted(new X509Certificate[] {certificates.server()}, "UNKNOWN"))
        .isInstanceOf(CertificateException.class)
        .hasMessageContaining("without the engine");
  }

  @Test
  void rootsWithoutACertificateAreRefused() {
    assertThatThrownBy(() -> RootTrust.of(new byte[0])).isInstanceOf(IOException.class);
  }
}
