package dev.groundmesh.nodeagent.kernel;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * A netlink socket in one network namespace, which it keeps alive until it is closed: requests that
 * are acknowledged, and dumps (netlink(7)). Not thread-safe.
 */
final class NetlinkSocket implements AutoCloseable {
  static final int NLM_F_REPLACE = 0x100;
  static final int NLM_F_EXCL = 0x200;
  static final int NLM_F_CREATE = 0x400;

  private static final int HEADER_BYTES = 16;
  private static final int ATTRIBUTE_HEADER_BYTES = 4;
  private static final int BUFFER_BYTES = 32 * 1024;

  private static final int NLMSG_ERROR = 2;
  private static final int NLMSG_DONE = 3;
  private static final int NLM_F_REQUEST = 1;
  private static final int NLM_F_ACK = 4;
  private static final int NLM_F_DUMP = 0x300;
  private static final int NLA_TYPE_MASK = 0x3fff;

  private final NetnsHandle netns;
  private final int socket;
  private int sequence;

  private NetlinkSocket(NetnsHandle netns, int socket) {
    this.netns = netns;
    this.socket = socket;
  }

  /** Takes one message of a dump. */
  interface Taker {
    /** Takes what follows the netlink header. */
    void take(ByteBuffer message) throws KernelException;
  }

  /**
   * Opens a socket in the namespace.
   *
   * @param protocol NETLINK_ROUTE and the like
   */
  static NetlinkSocket open(NetnsHandle netns, int protocol) throws KernelException {
    int socket =
        netns.<Integer, KernelException>call(
            () -> {
              int made = Libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, protocol);
              if (made < 0) {
                throw new KernelException("netlink socket in " + netns, Libc.errno());
              }
              return made;
            });
    return new NetlinkSocket(netns, socket);
  }

  /** The start of a request that is to be acknowledged. */
  ByteBuffer request(int type, int flags) {
    return message(type, flags | NLM_F_ACK);
  }

  /** The start of a request for all there is. */
  ByteBuffer dump(int type) {
    return message(type, NLM_F_DUMP);
  }

  private ByteBuffer message(int type, int flags) {
    ByteBuffer message = ByteBuffer.wrap(new byte[256]).order(ByteOrder.nativeOrder());
    return message
        .putInt(0)
        .putShort((short) type)
        .putShort((short) (flags | NLM_F_REQUEST))
        .putInt(++sequence)
        .putInt(0);
  }

  static void attribute(ByteBuffer message, int type, int value) {
    message.putShort((short) 8).putShort((short) type).putInt(value);
  }

  static void attribute(ByteBuffer message, int type, byte[] value) {
    message
        .putShort((short) (ATTRIBUTE_HEADER_BYTES + value.length))
        .putShort((short) type)
        .put(value);
    message.put(new byte[aligned(value.length) - value.length]);
  }

  /** The attributes from the message's position on, by their types. */
  static Map<Integer, byte[]> attributes(ByteBuffer message) {
    Map<Integer, byte[]> attributes = new HashMap<>();
    while (message.remaining() >= ATTRIBUTE_HEADER_BYTES) {
      int start = message.position();
      int length = Short.toUnsignedInt(message.getShort());
      int type = message.getShort() & NLA_TYPE_MASK;
      byte[] value = new byte[length - ATTRIBUTE_HEADER_BYTES];
      message.get(value);
      attributes.put(type, value);
      message.position(Math.min(message.limit(), start + aligned(length)));
    }
    return attributes;
  }

  /** An attribute's text, which the kernel ends with a zero. */
  static String text(byte[] value) {
    int length = 0;
    while (length < value.length && value[length] != 0) {
      length++;
    }
    return new String(value, 0, length, StandardCharsets.US_ASCII);
  }

  /**
   * Sends a request and waits for its acknowledgement.
   *
   * @return 0 or the harmless error
   */
  @CanIgnoreReturnValue
  int send(String what, ByteBuffer message, int... harmless) throws KernelException {
    transmit(what, message);
    ByteBuffer answer = receive(what);
    int error = -answer.getInt(HEADER_BYTES);
    if (answer.getShort(4) != NLMSG_ERROR) {
      throw new KernelException(what + " in " + netns, Errno.EINVAL, "not an acknowledgement");
    }
    if (error != 0 && Arrays.stream(harmless).noneMatch(errno -> errno == error)) {
      throw new KernelException(what + " in " + netns, error);
    }
    return error;
  }

  /** Sends a request for all there is, and gives every message of a type that comes. */
  void list(String what, ByteBuffer message, int type, Taker taker) throws KernelException {
    transmit(what, message);
    while (true) {
      ByteBuffer answer = receive(what);
      while (answer.remaining() >= HEADER_BYTES) {
        ByteBuffer one = answer.slice(answer.position(), answer.getInt(answer.position()));
        one.order(ByteOrder.nativeOrder());
        int found = Short.toUnsignedInt(one.getShort(4));
        if (found == NLMSG_DONE) {
          return;
        }
        if (found == NLMSG_ERROR) {
          throw new KernelException(what + " of " + netns, -one.getInt(HEADER_BYTES));
        }
        if (found == type) {
          taker.take(one.position(HEADER_BYTES));
        }
        answer.position(Math.min(answer.limit(), answer.position() + aligned(one.limit())));
      }
    }
  }

  private void transmit(String what, ByteBuffer message) throws KernelException {
    int length = message.position();
    message.putInt(0, length).flip();
    byte[] bytes = new byte[length];
    message.get(bytes);
    if (Libc.send(socket, bytes, length, 0) != length) {
      throw new KernelException(what + " in " + netns, Libc.errno());
    }
  }

  private ByteBuffer receive(String what) throws KernelException {
    byte[] bytes = new byte[BUFFER_BYTES];
    long length = Libc.recv(socket, bytes, bytes.length, 0);
    if (length < HEADER_BYTES + 4) {
      throw new KernelException(what + " in " + netns, length < 0 ? Libc.errno() : Errno.EINVAL);
    }
    return ByteBuffer.wrap(bytes, 0, (int) length).order(ByteOrder.nativeOrder());
  }

  private static int aligned(int length) {
    return (length + 3) & ~3;
  }

  @Override
  public void close() {
    Libc.close(socket);
  }
}
