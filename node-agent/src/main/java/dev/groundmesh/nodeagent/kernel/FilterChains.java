package dev.groundmesh.nodeagent.kernel;

import com.sun.jna.ptr.IntByReference;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/**
 * The chains of packet filter rules in a network namespace: those of nftables, which iptables uses
 * as a rule, and those of the former iptables, of IPv4's table {@code nat}
 * (linux/netfilter/nf_tables.h, linux/netfilter_ipv4/ip_tables.h).
 */
public final class FilterChains {
  private static final int NETLINK_NETFILTER = 12;
  private static final int NFNL_SUBSYS_NFTABLES = 10;
  private static final int NFT_MSG_NEWCHAIN = (NFNL_SUBSYS_NFTABLES << 8) | 3;
  private static final int NFT_MSG_GETCHAIN = (NFNL_SUBSYS_NFTABLES << 8) | 4;
  private static final int NFTA_CHAIN_NAME = 3;
  private static final int NFGENMSG_BYTES = 4;

  private static final Path LEGACY_TABLES = Path.of("/proc/thread-self/net/ip_tables_names");
  private static final String NAT = "nat";
  private static final int IPT_SO_GET_INFO = 64;
  private static final int IPT_SO_GET_ENTRIES = 65;
  private static final int INFO_BYTES = 84;
  private static final int INFO_SIZE_AT = 80;
  private static final int ENTRIES_AT = 40;
  private static final int SIZE_AT = 32;
  private static final int ENTRY_BYTES = 112;
  private static final int TARGET_OFFSET_AT = 88;
  private static final int NEXT_OFFSET_AT = 90;
  private static final int TARGET_NAME_AT = 2;
  private static final int TARGET_DATA_AT = 32;
  private static final int NAME_BYTES = 30;

  /** The target of the entry that stands before each chain of a user, and names it. */
  private static final String CHAIN_HEAD = "ERROR";

  private FilterChains() {}

  /**
   * Their names, whatever their tables. Changes nothing in the namespace; any thread.
   *
   * @throws IOException if the kernel does not tell
   */
  public static Set<String> in(NetnsHandle netns) throws IOException {
    Set<String> names = new TreeSet<>();
    addNftables(netns, names);
    netns.run(() -> addLegacy(names));
    return names;
  }

  private static void addNftables(NetnsHandle netns, Set<String> names) throws KernelException {
    try (NetlinkSocket socket = NetlinkSocket.open(netns, NETLINK_NETFILTER)) {
      ByteBuffer message = socket.dump(NFT_MSG_GETCHAIN);
      message.putInt(0);
      socket.list(
          "list chains",
          message,
          NFT_MSG_NEWCHAIN,
          found -> {
            found.position(found.position() + NFGENMSG_BYTES);
            byte[] name = NetlinkSocket.attributes(found).get(NFTA_CHAIN_NAME);
            if (name != null) {
              names.add(NetlinkSocket.text(name));
            }
          });
    } catch (KernelException e) {
      // What a kernel answers that has no nftables.
      if (e.errno() != Errno.EINVAL
          && e.errno() != Errno.EOPNOTSUPP
          && e.errno() != Errno.EPROTONOSUPPORT) {
        throw e;
      }
    }
  }

  /** Asks for no table that is not there: the kernel would make it, and translate from then on. */
  private static void addLegacy(Set<String> names) throws IOException {
    try {
      if (!Files.readAllLines(LEGACY_TABLES).contains(NAT)) {
        return;
      }
    } catch (NoSuchFileException e) {
      return;
    }
    int socket = Libc.socket(Libc.AF_INET, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, Libc.IPPROTO_RAW);
    if (socket < 0) {
      throw new KernelException("raw socket", Libc.errno());
    }
    try {
      ByteBuffer info = option(socket, IPT_SO_GET_INFO, INFO_BYTES, 0);
      int size = info.getInt(INFO_SIZE_AT);
      addChainHeads(option(socket, IPT_SO_GET_ENTRIES, ENTRIES_AT + size, size), names);
    } finally {
      Libc.close(socket);
    }
  }

  private static ByteBuffer option(int socket, int option, int length, int size)
      throws KernelException {
    byte[] bytes = new byte[length];
    ByteBuffer value = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    value.put(NAT.getBytes(StandardCharsets.US_ASCII)).putInt(SIZE_AT, size);
    if (Libc.getsockopt(socket, Libc.IPPROTO_IP, option, bytes, new IntByReference(length)) != 0) {
      throw new KernelException("entries of iptables " + NAT, Libc.errno());
    }
    return value;
  }

  private static void addChainHeads(ByteBuffer table, Set<String> names) {
    int at = ENTRIES_AT;
    while (at + ENTRY_BYTES <= table.limit()) {
      int target = at + Short.toUnsignedInt(table.getShort(at + TARGET_OFFSET_AT));
      int next = Short.toUnsignedInt(table.getShort(at + NEXT_OFFSET_AT));
      if (text(table, target + TARGET_NAME_AT).equals(CHAIN_HEAD)) {
        names.add(text(table, target + TARGET_DATA_AT));
      }
      if (next == 0) {
        return;
      }
      at += next;
    }
  }

  private static String text(ByteBuffer table, int at) {
    byte[] text = new byte[Math.clamp(table.limit() - at, 0, NAME_BYTES)];
    table.get(at, text);
    return NetlinkSocket.text(text);
  }
}
