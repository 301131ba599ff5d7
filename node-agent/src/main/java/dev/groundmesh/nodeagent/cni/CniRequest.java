package dev.groundmesh.nodeagent.cni;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.groundmesh.meshapi.model.IpAddress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the CNI plugin asks, as it sends it: lines of names and values, an empty line, and the
 * network configuration that it was given.
 *
 * @param command {@code ADD}, {@code CHECK} or {@code DEL}
 * @param containerId the sandbox's id
 * @param netns where its network namespace is; empty where a sandbox that is taken down has none
 * @param namespace of the pod; empty for a container of no pod
 * @param name of the pod
 * @param podUid by which the node knows the pod; empty where the runtime does not say
 * @param addresses that the plugins before gave the pod
 */
record CniRequest(
    String command,
    String containerId,
    String netns,
    String namespace,
    String name,
    String podUid,
    List<IpAddress> addresses) {

  private static final String FIRST_LINE = "groundmesh cni 1";
  private static final int MAX_HEADER = 16 * 1024;
  private static final int MAX_CONFIG = 1024 * 1024;
  private static final JsonFactory JSON = new JsonFactory();

  CniRequest {
    addresses = List.copyOf(addresses);
  }

  /** The network namespace's path. */
  Path netnsPath() throws IOException {
    try {
      return Path.of(netns);
    } catch (InvalidPathException e) {
      throw invalid("CNI_NETNS", netns, "a path");
    }
  }

  /** Whom it is about, for people. */
  String pod() {
    return namespace.isEmpty() ? "container " + containerId : namespace + '/' + name;
  }

  /**
   * Reads one request. Blocks.
   *
   * @throws IOException if the stream ends before, or it is not one
   */
  static CniRequest read(InputStream in) throws IOException {
    Map<String, String> header = header(in);
    int length;
    try {
      length = Integer.parseInt(header.getOrDefault("LENGTH", ""));
    } catch (NumberFormatException e) {
      length = -1;
    }
    if (length < 0 || length > MAX_CONFIG) {
      throw invalid("LENGTH", header.getOrDefault("LENGTH", "(missing)"), "0 to " + MAX_CONFIG);
    }
    byte[] config = in.readNBytes(length);
    if (config.length < length) {
      throw new IOException("the request ends in its midst");
    }
    Map<String, String> pod = arguments(header.getOrDefault("CNI_ARGS", ""));
    return new CniRequest(
        header.getOrDefault("CNI_COMMAND", ""),
        header.getOrDefault("CNI_CONTAINERID", ""),
        header.getOrDefault("CNI_NETNS", ""),
        pod.getOrDefault("K8S_POD_NAMESPACE", ""),
        pod.getOrDefault("K8S_POD_NAME", ""),
        pod.getOrDefault("K8S_POD_UID", ""),
        addresses(config));
  }

  private static Map<String, String> header(InputStream in) throws IOException {
    Map<String, String> header = new HashMap<>();
    int left = MAX_HEADER;
    boolean first = true;
    while (true) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      int next;
      while ((next = in.read()) != '\n') {
        if (next < 0 || left-- == 0) {
          throw new IOException("the header ends in its midst or is too long");
        }
        bytes.write(next);
      }
      String line = bytes.toString(StandardCharsets.UTF_8);
      if (first && !line.equals(FIRST_LINE)) {
        throw invalid("first line", line, FIRST_LINE);
      }
      if (line.isEmpty()) {
        return header;
      }
      int equals = line.indexOf('=');
      if (!first && equals > 0) {
        header.put(line.substring(0, equals), line.substring(equals + 1));
      }
      first = false;
    }
  }

  private static Map<String, String> arguments(String text) {
    Map<String, String> arguments = new HashMap<>();
    for (String pair : text.split(";", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        arguments.put(pair.substring(0, equals), pair.substring(equals + 1));
      }
    }
    return arguments;
  }

  /** {@code prevResult.ips[].address}, which are written with their prefix's length. */
  private static List<IpAddress> addresses(byte[] config) throws IOException {
    List<IpAddress> addresses = new ArrayList<>();
    try (JsonParser parser = JSON.createParser(config)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean previous = parser.currentName().equals("prevResult");
        if (parser.nextToken() == JsonToken.START_OBJECT && previous) {
          readResult(parser, addresses);
        } else {
          parser.skipChildren();
        }
      }
    }
    return addresses;
  }

  private static void readResult(JsonParser parser, List<IpAddress> addresses) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      boolean ips = parser.currentName().equals("ips");
      if (parser.nextToken() != JsonToken.START_ARRAY || !ips) {
        parser.skipChildren();
        continue;
      }
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          boolean address = parser.currentName().equals("address");
          if (parser.nextToken() == JsonToken.VALUE_STRING && address) {
            addresses.add(address(parser.getText()));
          }
          parser.skipChildren();
        }
      }
    }
  }

  private static IpAddress address(String text) throws IOException {
    int slash = text.indexOf('/');
    try {
      return IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
    } catch (IllegalArgumentException e) {
      throw invalid("prevResult.ips.address", text, "an IP address");
    }
  }

  private static IOException invalid(String field, Object value, String expected) {
    return new IOException(field + ": " + value + " (expected: " + expected + ")");
  }
}
