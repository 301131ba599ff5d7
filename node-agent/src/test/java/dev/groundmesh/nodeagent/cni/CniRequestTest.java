package dev.groundmesh.nodeagent.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.meshapi.model.IpAddress;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CniRequestTest {
  private static final String HEADER =
      """
      groundmesh cni 1
      CNI_COMMAND=ADD
      CNI_CONTAINERID=c1
      CNI_NETNS=/var/run/netns/cni-1
      CNI_IFNAME=eth0
      CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web;K8S_POD_UID=u1
      """;
  private static final String CONFIG =
      """
      {"cniVersion": "1.0.0", "name": "n", "prevResult": {"interfaces": [{"name": "eth0", "address": "x"}],
       "ips": [{"interface": 0, "address": "10.0.0.1/24", "gateway": "10.0.0.254"}, {"address": "fd00::1/64"}],
       "routes": [{"dst": "0.0.0.0/0"}]}, "type": "groundmesh-cni"}
      """;

  private static CniRequest read(String text) throws IOException {
    return CniRequest.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static String with(String config) {
    return HEADER + "LENGTH=" + config.getBytes(StandardCharsets.UTF_8).length + "\n\n" + config;
  }

  @Test
  void thePodAndItsAddressesAreRead() throws IOException {
    assertThat(read(with(CONFIG)))
        .isEqualTo(
            new CniRequest(
                "ADD",
                "c1",
                "/var/run/netns/cni-1",
                "shop",
                "web",
                "u1",
                List.of(IpAddress.parse("10.0.0.1"), IpAddress.parse("fd00::1"))));
  }

  @Test
  void withoutAPreviousResultThereAreNoAddresses() throws IOException {
    assertThat(read(with("{\"cniVersion\": \"1.0.0\"}")).addresses()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "GET / HTTP/1.1\n\n",
        "groundmesh cni 1\nCNI_COMMAND=ADD\n",
        "groundmesh cni 1\n\n",
        "groundmesh cni 1\nLENGTH=-1\n\n",
        "groundmesh cni 1\nLENGTH=99999999\n\n",
        "groundmesh cni 1\nLENGTH=10\n\n{}",
        "groundmesh cni 1\nLENGTH=5\n\n{\"a\":"
      })
  void whatIsNoRequestIsRefused(String text) {
    assertThatThrownBy(() -> read(text)).isInstanceOf(IOException.class);
  }

  @Test
  void aHeaderWithoutEndIsRefused() {
    assertThatThrownBy(() -> read("groundmesh cni 1\n" + "a".repeat(20_000)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("too long");
  }

  @Test
  void anAddressThatIsNoneIsNamed() {
    assertThatThrownBy(() -> read(with(CONFIG.replace("10.0.0.1/24", "ten"))))
        .hasMessage("prevResult.ips.address: ten (expected: an IP address)");
  }
}
