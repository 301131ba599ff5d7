package dev.groundmesh.nodeagent.dns;

import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The resolvers and search domains of the agent's environment.
 *
 * @param servers in the order in which they are asked
 * @param searchDomains lower case, without the last dot
 */
public record ResolverConfig(List<InetSocketAddress> servers, List<String> searchDomains) {
  private static final Logger log = LoggerFactory.getLogger(ResolverConfig.class);
  private static final int DNS_PORT = 53;

  public ResolverConfig {
    servers = List.copyOf(servers);
    searchDomains = List.copyOf(searchDomains);
  }

  /**
   * Reads a file in the form of resolv.conf(5). A line that cannot be used is logged and passed
   * over. A file that is not there, or names no server, means the resolver of this host, as
   * resolv.conf(5) says.
   */
  public static ResolverConfig read(Path file) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      log.warn(
          "{}: cannot be read ({}): DNS queries are forwarded to 127.0.0.1", file, e.toString());
      lines = List.of();
    }
    return parse(lines, file.toString());
  }

  static ResolverConfig parse(List<String> lines, String source) {
    List<InetSocketAddress> servers = new ArrayList<>();
    List<String> search = List.of();
    for (int i = 0; i < lines.size(); i++) {
      String[] words = lines.get(i).split("[#;]", 2)[0].strip().split("\\s+", -1);
      switch (words[0]) {
        case "nameserver" -> {
          Optional<InetAddress> address = address(words.length > 1 ? words[1] : "");
          address.ifPresent(a -> servers.add(new InetSocketAddress(a, DNS_PORT)));
          if (address.isEmpty()) {
            log.warn(
                "{}:{}: nameserver: {} (expected: an IP address)", source, i + 1, lines.get(i));
          }
        }
        case "search", "domain" -> {
          List<String> domains = new ArrayList<>();
          for (int w = 1; w < words.length; w++) {
            String domain = words[w].toLowerCase(Locale.ROOT);
            domains.add(domain.endsWith(".") ? domain.substring(0, domain.length() - 1) : domain);
          }
          search = domains;
        }
        default -> {}
      }
    }
    if (servers.isEmpty()) {
      servers.add(new InetSocketAddress(InetAddress.getLoopbackAddress(), DNS_PORT));
    }
    return new ResolverConfig(servers, search);
  }

  private static Optional<InetAddress> address(String text) {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
    if (bytes == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.getByAddress(bytes));
    } catch (UnknownHostException e) {
      throw new AssertionError("4 or 16 bytes are always an address", e);
    }
  }
}
