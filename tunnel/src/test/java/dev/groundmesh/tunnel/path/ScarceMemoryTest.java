package dev.groundmesh.tunnel.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.path.TestPath.Kind;
import dev.groundmesh.tunnel.relay.RelayBuffers;
import dev.groundmesh.tunnel.relay.RelayMemory;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.buffer.ByteBuf;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A tunnel in a process whose direct memory is nearly spent. */
class ScarceMemoryTest {
  private static final int MUCH = 64 * 1024 * 1024;

  private ServerSocket app;
  private TestPath path;

  @BeforeEach
  void open() throws IOException {
    app = new ServerSocket();
    app.setReceiveBufferSize(4096);
    app.bind(new InetSocketAddress(TestPath.LOOPBACK, 0));
    path = new TestPath(Kind.HBONE, new InetSocketAddress(TestPath.LOOPBACK, app.getLocalPort()));
  }

  @AfterEach
  void close() throws IOException {
    path.close();
    app.close();
  }

  /** Taken and never touched, so that it costs the machine nothing. */
  private static ByteBuf takeMost() {
    return RelayBuffers.ALLOCATOR.directBuffer(
        Math.toIntExact(PlatformDependent.maxDirectMemory() / 4 * 3));
  }

  private Socket dial() throws IOException {
    Socket socket = new Socket(path.entry().getAddress(), path.entry().getPort());
    socket.setSoTimeout(10_000);
    return socket;
  }

  @Test
  void whatNobodyReadsIsGivenUpAndWhatIsReadGoesOn() throws Exception {
    try (Socket mute = dial();
        Socket unread = app.accept();
        Socket lively = dial();
        Socket read = app.accept()) {
      ByteBuf taken = takeMost();
      try {
        Await.until(RelayMemory::isScarce);
        assertThatThrownBy(() -> mute.getOutputStream().write(new byte[MUCH]))
            .isInstanceOf(IOException.class);
        Await.until(() -> !path.serverEnds.isEmpty());
        assertThat(path.serverEnds.element().map(StreamFailure::reason))
            .isEqualTo(Optional.of(ReasonCode.MEMORY_LIMIT));
        assertThat(unread.isClosed()).isFalse();
        lively.getOutputStream().write("still here".getBytes(StandardCharsets.UTF_8));
        assertThat(new String(read.getInputStream().readNBytes(10), StandardCharsets.UTF_8))
            .isEqualTo("still here");
      } finally {
        taken.release();
      }
    }
  }

  @Test
  void nothingNewIsTakenUntilThereIsMemoryAgain() throws Exception {
    ByteBuf taken = takeMost();
    Await.until(RelayMemory::isScarce);
    try (Socket shed = dial()) {
      assertThatThrownBy(() -> readToItsEnd(shed.getInputStream())).isInstanceOf(IOException.class);
    } finally {
      taken.release();
    }
    Await.until(() -> !RelayMemory.isScarce());
    try (Socket served = dial();
        Socket accepted = app.accept()) {
      served.getOutputStream().write(7);
      assertThat(accepted.getInputStream().read()).isEqualTo(7);
    }
  }

  private static void readToItsEnd(InputStream in) throws IOException {
    in.readAllBytes();
  }
}
