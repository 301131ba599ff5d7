package dev.groundmesh.meshapi.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.0.1, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "10.1.2.3/32, 10.1.2.3, true",
    "10.1.2.3/32, 10.1.2.2, false",
    "10.1.2.3, 10.1.2.3, true",
    "0.0.0.0/0, 200.1.1.1, true",
    "0.0.0.0/0, ::1, false",
    "::/0, 10.0.0.1, false",
    "::/0, fd00::1, true",
    "fd00::/64, fd00::ffff:ffff:ffff:ffff, true",
    "fd00::/64, fd00:0:0:1::, false",
    "fd00::/65, fd00::8000:0:0:0, false",
    "fd00::/65, fd00::7fff:ffff:ffff:ffff, true",
    "fd00::1/128, fd00::1, true",
    "fd00::1/128, fd00::2, false",
  })
  void addressesAreInsideByTheirPrefix(String range, String address, boolean inside) {
    assertThat(AddressRange.parse(range).contains(IpAddress.parse(address))).isEqualTo(inside);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/-1",
        "10.0.0.0/a",
        "::/129",
        "x/8",
        "/8",
        "::/0/0"
      })
  void whatIsNoRangeIsRefused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AddressRange.parse(text))
        .withMessageContaining("range: " + text + " (expected: CIDR");
  }
}
