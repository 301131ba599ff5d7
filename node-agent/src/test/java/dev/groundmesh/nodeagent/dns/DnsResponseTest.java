package dev.groundmesh.nodeagent.dns;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import java.net.InetAddress;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class DnsResponseTest {
  private static DatagramDnsResponse respond(int maxLength, DnsAnswer.Known answer)
      throws Exception {
    ByteBuf request = DnsMessages.query(99, "web.shop", DnsQuery.TYPE_A);
    return DnsMessages.decode(
        DnsResponse.of(
            UnpooledByteBufAllocator.DEFAULT, request, DnsQuery.parse(request), answer, maxLength));
  }

  @Test
  void answerRepeatsIdAndQuestionAndHoldsTheAddresses() throws Exception {
    InetAddress address = InetAddress.getByAddress(new byte[] {10, 1, 2, 3});

    DatagramDnsResponse response = respond(512, new DnsAnswer.Known(List.of(address), ""));

    assertThat(response.id()).isEqualTo(99);
    assertThat(response.isAuthoritativeAnswer()).isTrue();
    assertThat(response.recordAt(DnsSection.QUESTION).name()).isEqualTo("web.shop.");
    DnsRawRecord record = response.recordAt(DnsSection.ANSWER);
    assertThat(record.name()).isEqualTo("web.shop.");
    assertThat(record.timeToLive()).isEqualTo(30);
    assertThat(record.content().readInt()).isEqualTo(0x0a010203);
    response.release();
  }

  @Test
  void strippedSearchDomainShowsAsAnAlias() throws Exception {
    DatagramDnsResponse response =
        respond(
            512,
            new DnsAnswer.Known(
                List.of(InetAddress.getByAddress(new byte[] {10, 1, 2, 3})), "web"));

    assertThat(response.count(DnsSection.ANSWER)).isEqualTo(2);
    assertThat(response.recordAt(DnsSection.ANSWER, 0).type()).isEqualTo(DnsRecordType.CNAME);
    assertThat(response.recordAt(DnsSection.ANSWER, 1).name()).isEqualTo("web.");
    response.release();
  }

  @Test
  void knownNameWithoutRecordsIsAnEmptySuccess() throws Exception {
    DatagramDnsResponse response = respond(512, new DnsAnswer.Known(List.of(), ""));

    assertThat(response.code()).isEqualTo(DnsResponseCode.NOERROR);
    assertThat(response.count(DnsSection.ANSWER)).isZero();
    response.release();
  }

  @Test
  void answerThatDoesNotFitIsCutAtARecordAndMarked() throws Exception {
    List<InetAddress> many =
        Collections.nCopies(100, InetAddress.getByAddress(new byte[] {10, 1, 2, 3}));

    DatagramDnsResponse response = respond(512, new DnsAnswer.Known(many, ""));

    assertThat(response.isTruncated()).isTrue();
    assertThat(response.count(DnsSection.ANSWER)).isEqualTo((512 - 12 - 14) / 16);
    response.release();
  }
}
