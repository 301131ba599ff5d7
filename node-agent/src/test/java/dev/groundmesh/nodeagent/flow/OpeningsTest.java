package dev.groundmesh.nodeagent.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OpeningsTest {
  private static final int MANY = Openings.PER_TURN * 2 + 3;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final IoEventLoop loop = group.next();
  private final Openings openings = new Openings(loop);
  private final List<Integer> opened = new ArrayList<>();

  @AfterEach
  void stop() {
    group.shutdownGracefully(0, 2000, TimeUnit.MILLISECONDS).awaitUninterruptibly();
  }

  @Test
  void aFewAreOpenedAtOnceAndTheRestInTheirOrder() throws Exception {
    CountDownLatch all = new CountDownLatch(MANY);
    List<Integer> atOnce =
        loop.submit(
                () -> {
                  for (int i = 0; i < MANY; i++) {
                    int number = i;
                    openings.next(
                        () -> {
                          opened.add(number);
                          all.countDown();
                        });
                  }
                  return List.copyOf(opened);
                })
            .get();

    assertThat(all.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(atOnce).isEqualTo(upTo(Openings.PER_TURN));
    assertThat(loop.submit(() -> List.copyOf(opened)).get()).isEqualTo(upTo(MANY));
  }

  @Test
  void whatTheLoopHasToDoComesBetweenThem() throws Exception {
    CountDownLatch all = new CountDownLatch(MANY);
    List<Integer> openedBefore = new ArrayList<>();
    loop.submit(
            () -> {
              for (int i = 0; i < MANY; i++) {
                openings.next(
                    () -> {
                      opened.add(opened.size());
                      all.countDown();
                    });
              }
              loop.execute(() -> openedBefore.addAll(opened));
            })
        .get();

    assertThat(all.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(loop.submit(() -> List.copyOf(openedBefore)).get())
        .isEqualTo(upTo(Openings.PER_TURN));
  }

  @Test
  void oneThatThrowsDoesNotKeepTheOthersWaiting() throws Exception {
    CountDownLatch others = new CountDownLatch(MANY - 1);
    loop.submit(
            () -> {
              for (int i = 0; i < MANY; i++) {
                boolean bad = i == Openings.PER_TURN;
                openings.next(
                    () -> {
                      if (bad) {
                        throw new IllegalStateException("cannot be opened");
                      }
                      others.countDown();
                    });
              }
            })
        .get();

    assertThat(others.await(10, TimeUnit.SECONDS)).isTrue();
  }

  private static List<Integer> upTo(int end) {
    return IntStream.range(0, end).boxed().toList();
  }
}
