package dev.groundmesh.nodeagent.dns;

import java.net.InetAddress;
import java.util.List;

/** What the name table has to say to a question. */
sealed interface DnsAnswer {
  /** The mesh does not know the name: the upstream resolvers answer. */
  record Forward() implements DnsAnswer {
    static final Forward INSTANCE = new Forward();
  }

  /**
   * The mesh knows the name.
   *
   * @param addresses of the family asked for; none is an empty NOERROR answer, never NXDOMAIN
   * @param canonicalName what the name asked for is an alias of, because a search domain was
   *     stripped; empty if it is none
   */
  record Known(List<InetAddress> addresses, String canonicalName) implements DnsAnswer {
    public Known {
      addresses = List.copyOf(addresses);
    }
  }
}
