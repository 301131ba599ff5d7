package dev.groundmesh.lab;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HttpAnswerTest {
  @Test
  void statusAndBodyAreRead() {
    assertThat(HttpAnswer.parse("HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\nnot ready"))
        .isEqualTo(new HttpAnswer(503, "not ready"));
  }

  @Test
  void anAnswerWithoutAHeadIsNone() {
    assertThat(HttpAnswer.parse("").status()).isZero();
    assertThat(HttpAnswer.parse("220 smtp ready\r\n").status()).isZero();
  }
}
