package dev.groundmesh.nodeagent.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class DnsQueryTest {
  @Test
  void nameIsLowerCaseAndTypeIsRead() throws Exception {
    DnsQuery query =
        DnsQuery.parse(DnsMessages.query(7, "Web.Shop.SVC.cluster.local", DnsQuery.TYPE_AAAA));

    assertThat(query.id()).isEqualTo(7);
    assertThat(query.name()).isEqualTo("web.shop.svc.cluster.local");
    assertThat(query.asksForAddress()).isTrue();
  }

  @Test
  void payloadSizeOfTheOptRecordIsTakenWithinBounds() throws Exception {
    assertThat(DnsQuery.parse(DnsMessages.query(1, "a", 1)).maxUdpAnswer()).isEqualTo(512);
    assertThat(
            DnsQuery.parse(DnsMessages.withOpt(DnsMessages.query(1, "a", 1), 1232)).maxUdpAnswer())
        .isEqualTo(1232);
    assertThat(
            DnsQuery.parse(DnsMessages.withOpt(DnsMessages.query(1, "a", 1), 65_535))
                .maxUdpAnswer())
        .isEqualTo(4096);
    assertThat(DnsQuery.parse(DnsMessages.withOpt(DnsMessages.query(1, "a", 1), 1)).maxUdpAnswer())
        .isEqualTo(512);
  }

  @Test
  void nameWithAByteThatTextCannotHoldIsLeftToUpstream() throws Exception {
    assertThat(DnsQuery.parse(DnsMessages.query(1, "a b", 1)).asksForAddress()).isFalse();
  }

  @Test
  void compressedQuestionIsRefused() {
    ByteBuf message = DnsMessages.query(1, "", 1);
    message.setByte(12, 0xc0);

    assertThatThrownBy(() -> DnsQuery.parse(message)).hasMessageContaining("label length: 192");
  }

  @Test
  void everyTruncationIsRefused() {
    ByteBuf whole = DnsMessages.query(1, "web.shop", 1);
    for (int length = 0; length < whole.readableBytes(); length++) {
      ByteBuf cut = whole.slice(0, length);
      assertThatThrownBy(() -> DnsQuery.parse(cut)).isInstanceOf(MalformedDnsException.class);
    }
  }

  @Test
  void twoQuestionsAreRefused() {
    ByteBuf message = DnsMessages.query(1, "a", 1);
    message.setShort(4, 2);

    assertThatThrownBy(() -> DnsQuery.parse(message)).hasMessageContaining("QDCOUNT: 2");
  }

  @FuzzTest
  void anyBytesAreReadOrRefused(FuzzedDataProvider data) {
    ByteBuf message = Unpooled.wrappedBuffer(data.consumeRemainingAsBytes());
    try {
      DnsQuery query = DnsQuery.parse(message);
      assertThat(query.questionLength()).isBetween(5, message.readableBytes() - 12);
      assertThat(query.maxUdpAnswer()).isBetween(512, 4096);
    } catch (MalformedDnsException e) {
      assertThat(e).hasMessageMatching("(?s).+");
    }
  }
}
