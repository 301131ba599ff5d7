package dev.groundmesh.nodeagent.kernel;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Rules, routes and addresses of one network namespace, by a netlink socket in it (rtnetlink(7)).
 * Adding what is there and removing what is not are no errors. Not thread-safe.
 */
public final class Rtnetlink implements AutoCloseable {
  private static final int NETLINK_ROUTE = 0;

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

  private final NetlinkSocket socket;

  private Rtnetlink(NetlinkSocket socket) {
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
        NetlinkSocket.attribute(message, FRA_FWMARK, mark);
        NetlinkSocket.attribute(message, FRA_FWMASK, mask);
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
        NetlinkSocket.attribute(message, FRA_IIFNAME, Arrays.copyOf(text, text.length + 1));
        NetlinkSocket.attribute(message, FRA_IP_PROTO, new byte[] {IPPROTO_TCP});
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
    return new Rtnetlink(NetlinkSocket.open(netns, NETLINK_ROUTE));
  }

  /** Adds a rule for one family of addresses. */
  public void addRule(boolean ipv6, Rule rule, int priority, int table) throws KernelException {
    ByteBuffer message =
        rule(
            RTM_NEWRULE,
            NetlinkSocket.NLM_F_CREATE | NetlinkSocket.NLM_F_EXCL,
            ipv6,
            rule,
            priority,
            table);
    socket.send("add rule " + rule, message, Errno.EEXIST);
  }

  /** Removes a rule. */
  public void removeRule(boolean ipv6, Rule rule, int priority, int table) throws KernelException {
    socket.send(
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
    ByteBuffer message =
        route(RTM_NEWROUTE, NetlinkSocket.NLM_F_CREATE | NetlinkSocket.NLM_F_REPLACE, ipv6, table);
    NetlinkSocket.attribute(message, RTA_PREFSRC, preferredSource.getAddress());
    socket.send("add local default route in table " + table, message);
  }

  /** Removes the route of {@link #putLocalDefault}. */
  public void removeLocalDefault(boolean ipv6, int table) throws KernelException {
    socket.send(
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
    return socket.send(
            "add " + address.getHostAddress() + " to lo",
            loopbackAddress(
                RTM_NEWADDR, NetlinkSocket.NLM_F_CREATE | NetlinkSocket.NLM_F_EXCL, address),
            Errno.EEXIST)
        == 0;
  }

  /** Takes an address from loopback. */
  public void removeLoopbackAddress(InetAddress address) throws KernelException {
    socket.send(
        "remove " + address.getHostAddress() + " from lo",
        loopbackAddress(RTM_DELADDR, 0, address),
        Errno.EADDRNOTAVAIL);
  }

  /** All addresses of all devices. */
  public List<DeviceAddress> addresses() throws KernelException {
    ByteBuffer message = socket.dump(RTM_GETADDR);
    message.putLong(0);
    List<DeviceAddress> addresses = new ArrayList<>();
    socket.list(
        "list addresses", message, RTM_NEWADDR, found -> addresses.add(deviceAddress(found)));
    return addresses;
  }

  @Override
  public void close() {
    socket.close();
  }

  private static DeviceAddress deviceAddress(ByteBuffer message) throws KernelException {
    message.get();
    message.get();
    message.get();
    int scope = Byte.toUnsignedInt(message.get());
    int index = message.getInt();
    Map<Integer, byte[]> attributes = NetlinkSocket.attributes(message);
    // On point-to-point devices IFA_ADDRESS is the peer's; IPv6 has no IFA_LOCAL elsewhere.
    byte[] local = attributes.get(IFA_LOCAL);
    byte[] address = local == null ? attributes.getOrDefault(IFA_ADDRESS, new byte[0]) : local;
    try {
      return new DeviceAddress(
          index, InetAddress.getByAddress(address), scope == RT_SCOPE_UNIVERSE);
    } catch (UnknownHostException e) {
      throw new KernelException("address of device " + index, Errno.EINVAL, e.toString());
    }
  }

  private ByteBuffer rule(int type, int flags, boolean ipv6, Rule rule, int priority, int table) {
    ByteBuffer message = socket.request(type, flags);
    message.put((byte) (ipv6 ? Libc.AF_INET6 : Libc.AF_INET));
    message.put(new byte[6]).put((byte) FR_ACT_TO_TBL).putInt(0);
    NetlinkSocket.attribute(message, FRA_PRIORITY, priority);
    NetlinkSocket.attribute(message, FRA_TABLE, table);
    rule.putSelectors(message);
    return message;
  }

  private ByteBuffer route(int type, int flags, boolean ipv6, int table) {
    ByteBuffer message = socket.request(type, flags);
    message.put((byte) (ipv6 ? Libc.AF_INET6 : Libc.AF_INET));
    message.put(new byte[3]);
    message.put((byte) (table < 256 ? table : 0)).put((byte) RTPROT_STATIC);
    message.put((byte) RT_SCOPE_HOST).put((byte) RTN_LOCAL).putInt(0);
    NetlinkSocket.attribute(message, RTA_TABLE, table);
    NetlinkSocket.attribute(message, RTA_OIF, LOOPBACK_INDEX);
    return message;
  }

  private ByteBuffer loopbackAddress(int type, int flags, InetAddress address) {
    byte[] bytes = address.getAddress();
    boolean ipv6 = bytes.length == 16;
    ByteBuffer message = socket.request(type, flags);
    message.put((byte) (ipv6 ? Libc.AF_INET6 : Libc.AF_INET)).put((byte) (bytes.length * 8));
    message.put((byte) 0).put((byte) RT_SCOPE_HOST).putInt(LOOPBACK_INDEX);
    NetlinkSocket.attribute(message, IFA_LOCAL, bytes);
    NetlinkSocket.attribute(message, IFA_ADDRESS, bytes);
    if (ipv6) {
      NetlinkSocket.attribute(message, IFA_FLAGS, IFA_F_NODAD);
    }
    return message;
  }
}
