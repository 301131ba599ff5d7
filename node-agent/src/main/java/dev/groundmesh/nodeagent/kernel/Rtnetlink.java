package dev.groundmesh.nodeagent.kernel;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rules, routes and addresses of one network namespace, by a netlink socket in it (rtnetlink(7)).
 * Adding what is there and removing what is not are no errors. Not thread-safe.
 */
public final class Rtnetlink implements AutoCloseable {
  private static final int NETLINK_ROUTE = 0;
  private static final int HEADER_BYTES = 16;
  private static final int BUFFER_BYTES = 32 * 1024;

  private static final int NLMSG_ERROR = 2;
  private static final int NLMSG_DONE = 3;
  private static final int NLM_F_REQUEST = 1;
  private static final int NLM_F_ACK = 4;
  private static final int NLM_F_REPLACE = 0x100;
  private static final int NLM_F_EXCL = 0x200;
  private static final int NLM_F_DUMP = 0x300;
  private static final int NLM_F_CREATE = 0x400;

  private static final int RTM_NEWADDR = 20;
  private static final int RTM_DELADDR = 21;
  private static final int RTM_GETADDR = 22;
  private static final int RTM_NEWROUTE = 24;
  private static final int RTM_DELROUTE = 25;
  private static final int RTM_NEWRULE = 32;
  private static final int RTM_DELRULE = 33;

  private static final int IFA_ADDRESS = 1;
  private static final int IFA_LOCAL = 2;
  private static final int IFA_FLAGS = 8;
  private static final int IFA_F_NODAD = 2;
  private static final int RTA_OIF = 4;
  private static final int RTA_PREFSRC = 7;
  private static final int RTA_TABLE = 15;
  private static final int FRA_IIFNAME = 3;
  private static final int FRA_PRIORITY = 6;
  private static final int FRA_FWMARK = 10;
  private static final int FRA_TABLE = 15;
  private static final int FRA_FWMASK = 16;
  private static final int FRA_IP_PROTO = 22;
  private static final int FR_ACT_TO_TBL = 1;
  private static final int RTN_LOCAL = 2;
  private static final int RTPROT_STATIC = 4;
  private static final int RT_SCOPE_HOST = 254;
  private static final int RT_SCOPE_UNIVERSE = 0;
  private static final int IPPROTO_TCP = 6;
  private static final int LOOPBACK_INDEX = 1;

  private final NetnsHandle netns;
  private final int socket;
  private int sequence;

  private Rtnetlink(NetnsHandle netns, int socket) {
    this.netns = netns;
    this.socket = socket;
  }

  /**
   * An address of a device.
   *
   * @param index the device
   * @param address the address
   * @param global whether it is valid beyond its link
   */
  public record DeviceAddress(int index, InetAddress address, boolean global) {}

  /** A rule that leads to a routing table. */
  public sealed interface Rule {
    /** For packets with {@code mark} under {@code mask}. */
    record ByMark(int mark, int mask) implements Rule {
      @Override
      public void putSelectors(ByteBuffer message) {
        attribute(message, FRA_FWMARK, mark);
        attribute(message, FRA_FWMASK, mask);
      }

      @Override
      public String toString() {
        return "mark " + mark + "/" + mask;
      }
    }

    /** For TCP packets that arrive on a device. */
    record ByDevice(String name) implements Rule {
      @Override
      public void putSelectors(ByteBuffer message) {
        byte[] text = name.getBytes(StandardCharsets.US_ASCII);
        attribute(message, FRA_IIFNAME, Arrays.copyOf(text, text.length + 1));
        attribute(message, FRA_IP_PROTO, new byte[] {IPPROTO_TCP});
      }

      @Override
      public String toString() {
        return "device " + name;
      }
    }

    /** Appends the attributes by which the kernel selects packets. */
    void putSelectors(ByteBuffer message);
  }

  /** Opens a socket in the namespace; it keeps the namespace alive until it is closed. */
  public static Rtnetlink open(NetnsHandle netns) throws KernelException {
    int socket =
        netns.<Integer, KernelException>call(
            () -> {
              int made =
                  Libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, NETLINK_ROUTE);
              if (made < 0) {
                throw new KernelException("netlink socket in " + netns, Libc.errno());
              }
              return made;
            });
    return new Rtnetlink(netns, socket);
  }

  /** Adds a rule for one family of addresses. */
  public void addRule(boolean ipv6, Rule rule, int priority, int table) throws KernelException {
    ByteBuffer message = rule(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, ipv6, rule, priority, table);
    request("add rule " + rule, message, Errno.EEXIST);
  }

  /** Removes a rule. */
  public void removeRule(boolean ipv6, Rule rule, int priority, int table) throws KernelException {
    request(
        "remove rule " + rule,
        rule(RTM_DELRULE, 0, ipv6, rule, priority, table),
        Errno.ENOENT,
        Errno.EAFNOSUPPORT);
  }

  /**
   * Makes every address of a family local, in a table of its own.
   *
   * @param preferredSource the address that connections come from unless they are bound
   */
  public void putLocalDefault(InetAddress preferredSource, int table) throws KernelException {
    boolean ipv6 = preferredSource.getAddress().length == 16;
    ByteBuffer message = route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, ipv6, table);
    attribute(message, RTA_PREFSRC, preferredSource.getAddress());
    request("add local default route in table " + table, message);
  }

  /** Removes the route of {@link #putLocalDefault}. */
  public void removeLocalDefault(boolean ipv6, int table) throws KernelException {
    request(
        "remove local default route in table " + table,
        route(RTM_DELROUTE, 0, ipv6, table),
        Errno.ESRCH,
        Errno.ENOENT,
        Errno.EAFNOSUPPORT);
  }

  /**
   * Gives loopback another address.
   *
   * @return whether it did not have it before
   */
  public boolean addLoopbackAddress(InetAddress address) throws KernelException {
    return request(
            "add " + address.getHostAddress() + " to lo",
            loopbackAddress(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address),
            Errno.EEXIST)
        == 0;
  }

  /** Takes an address from loopback. */
  public void removeLoopbackAddress(InetAddress address) throws KernelException {
    request(
        "remove " + address.getHostAddress() + " from lo",
        loopbackAddress(RTM_DELADDR, 0, address),
        Errno.EADDRNOTAVAIL);
  }

  /** All addresses of all devices. */
  public List<DeviceAddress> addresses() throws KernelException {
    ByteBuffer message = message(RTM_GETADDR, NLM_F_DUMP);
    message.putLong(0);
    List<DeviceAddress> addresses = new ArrayList<>();
    send("list addresses", message);
    while (true) {
      ByteBuffer answer = receive("list addresses");
      while (answer.remaining() >= HEADER_BYTES) {
        ByteBuffer one = answer.slice(answer.position(), answer.getInt(answer.position()));
        one.order(ByteOrder.nativeOrder());
        int type = one.getShort(4);
        if (type == NLMSG_DONE) {
          return addresses;
        }
        if (type == NLMSG_ERROR) {
          throw new KernelException("list addresses of " + netns, -one.getInt(HEADER_BYTES));
        }
        if (type == RTM_NEWADDR) {
          addresses.add(deviceAddress(one.position(HEADER_BYTES)));
        }
        answer.position(Math.min(answer.limit(), answer.position() + aligned(one.limit())));
      }
    }
  }

  @Override
  public void close() {
    Libc.close(socket);
  }

  private static DeviceAddress deviceAddress(ByteBuffer message) throws KernelException {
    message.get();
    message.get();
    message.get();
    int scope = Byte.toUnsignedInt(message.get());
    int index = message.getInt();
    byte[] address = {};
    while (message.remaining() >= 4) {
      int start = message.position();
      int length = Short.toUnsignedInt(message.getShort());
      int type = message.getShort();
      byte[] value = new byte[length - 4];
      message.get(value);
      // On point-to-point devices IFA_ADDRESS is the peer's; IPv6 has no IFA_LOCAL elsewhere.
      if (type == IFA_LOCAL || (type == IFA_ADDRESS && address.length == 0)) {
        address = value;
      }
      message.position(Math.min(message.limit(), start + aligned(length)));
    }
    try {
      return new DeviceAddress(
          index, InetAddress.getByAddress(address), scope == RT_SCOPE_UNIVERSE);
    } catch (UnknownHostException e) {
      throw new KernelException("address of device " + index, Errno.EINVAL, e.toString());
    }
  }

  private ByteBuffer rule(int type, int flags, boolean ipv6, Rule rule, int priority, int table) {
    ByteBuffer message = message(type, flags | NLM_F_ACK);
    message.put((byte) (ipv6 ? Libc.AF_INET6 : Libc.AF_INET));
    message.put(new byte[6]).put((byte) FR_ACT_TO_TBL).putInt(0);
    attribute(message, FRA_PRIORITY, priority);
    attribute(message, FRA_TABLE, table);
    rule.putSelectors(message);
    return message;
  }

  private ByteBuffer route(int type, int flags, boolean ipv6, int table) {
    ByteBuffer message = message(type, flags | NLM_F_ACK);
    message.put((byte) (ipv6 ? Libc.AF_INET6 : Libc.AF_INET));
    message.put(new byte[3]);
    message.put((byte) (table < 256 ? table : 0)).put((byte) RTPROT_STATIC);
    message.put((byte) RT_SCOPE_HOST).put((byte) RTN_LOCAL).putInt(0);
    attribute(message, RTA_TABLE, table);
    attribute(message, RTA_OIF, LOOPBACK_INDEX);
    return message;
  }

  private ByteBuffer loopbackAddress(int type, int flags, InetAddress address) {
    byte[] bytes = address.getAddress();
    boolean ipv6 = bytes.length == 16;
    ByteBuffer message = message(type, flags | NLM_F_ACK);
    message.put((byte) (ipv6 ? Libc.AF_INET6 : Libc.AF_INET)).put((byte) (bytes.length * 8));
    message.put((byte) 0).put((byte) RT_SCOPE_HOST).putInt(LOOPBACK_INDEX);
    attribute(message, IFA_LOCAL, bytes);
    attribute(message, IFA_ADDRESS, bytes);
    if (ipv6) {
      attribute(message, IFA_FLAGS, IFA_F_NODAD);
    }
    return message;
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

  private static void attribute(ByteBuffer message, int type, int value) {
    message.putShort((short) 8).putShort((short) type).putInt(value);
  }

  private static void attribute(ByteBuffer message, int type, byte[] value) {
    message.putShort((short) (4 + value.length)).putShort((short) type).put(value);
    message.put(new byte[aligned(value.length) - value.length]);
  }

  /** Returns 0 or the harmless error. */
  @CanIgnoreReturnValue
  private int request(String what, ByteBuffer message, int... harmless) throws KernelException {
    send(what, message);
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

  private void send(String what, ByteBuffer message) throws KernelException {
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
}
