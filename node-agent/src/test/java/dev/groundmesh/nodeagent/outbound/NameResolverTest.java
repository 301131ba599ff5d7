package dev.groundmesh.nodeagent.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class NameResolverTest {
  private final AtomicLong time = new AtomicLong();
  private final AtomicInteger asked = new AtomicInteger();
  private final SplittableRandom random = new SplittableRandom(1);

  private NameResolver resolver() {
    return new NameResolver(
        hostname -> {
          asked.incrementAndGet();
          if (hostname.equals("unknown")) {
            throw new UnknownHostException(hostname);
          }
          return List.of(InetAddress.getByName("10.0.0.1"), InetAddress.getByName("fd00::1"));
        },
        time::get);
  }

  private InetAddress resolve(NameResolver resolver, boolean preferV4) throws Exception {
    return resolver.resolve("db", preferV4, random).get(10, TimeUnit.SECONDS);
  }

  @Test
  void thePreferredFamilyIsChosen() throws Exception {
    try (NameResolver resolver = resolver()) {
      assertThat(resolve(resolver, true).getHostAddress()).isEqualTo("10.0.0.1");
      assertThat(resolve(resolver, false).getHostAddress()).isEqualTo("fd00:0:0:0:0:0:0:1");
    }
  }

  @Test
  void anAnswerIsKeptForAWhile() throws Exception {
    try (NameResolver resolver = resolver()) {
      resolve(resolver, true);
      resolve(resolver, true);
      assertThat(asked).hasValue(1);
      time.addAndGet(TimeUnit.MINUTES.toNanos(5));
      resolve(resolver, true);
      assertThat(asked).hasValue(2);
    }
  }

  @Test
  void anUnknownNameFails() {
    try (NameResolver resolver = resolver()) {
      assertThatThrownBy(() -> resolver.resolve("unknown", true, random).get(10, TimeUnit.SECONDS))
          .hasRootCauseInstanceOf(UnknownHostException.class);
    }
  }
}
