package dev.groundmesh.lab;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * The lab's address plan. Labs share no network, so all use the same: nodes {@code 172.18.0.n} and
 * {@code fd00:18::n}, pods of node n {@code 10.244.n.0/24} and {@code fd00:244:n::/64}, services
 * {@code 10.96.0.0/16} and {@code fd00:96::/112}.
 */
final class Addresses {
  /** Where each node answers DNS, as a node-local cache does. */
  static final String DNS4 = "169.254.20.10";

  private Addresses() {}

  static String node4(int node) {
    return "172.18.0." + node;
  }

  static String node6(int node) {
    return "fd00:18::" + Integer.toHexString(node);
  }

  static String pods4(int node) {
    return "10.244." + node + ".0/24";
  }

  static String pods6(int node) {
    return "fd00:244:" + Integer.toHexString(node) + "::/64";
  }

  static String gateway4(int node) {
    return "10.244." + node + ".1";
  }

  static String gateway6(int node) {
    return "fd00:244:" + Integer.toHexString(node) + "::1";
  }

  static String pod4(int node, int pod) {
    return "10.244." + node + "." + pod;
  }

  static String pod6(int node, int pod) {
    return "fd00:244:" + Integer.toHexString(node) + "::" + Integer.toHexString(pod);
  }

  static String service4(int serial) {
    return "10.96." + serial / 250 + "." + (serial % 250 + 1);
  }

  static String service6(int serial) {
    return "fd00:96::" + Integer.toHexString(serial + 1);
  }

  static InetAddress parse(String literal) {
    try {
      return InetAddress.getByName(literal);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(literal + " (expected: an IP address)", e);
    }
  }
}
