package dev.groundmesh.nodeagent;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.groundmesh.nodeagent.redirection.Need;
import dev.groundmesh.nodeagent.redirection.Needs;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;

/**
 * Whether this machine is fit for the agent, need by need, as JSON on standard output. Loads the
 * eBPF programs to find out, but attaches nothing and leaves nothing behind. Exits with 0 if all
 * needs are met, else with 1.
 */
public final class KernelCheck {
  private KernelCheck() {}

  /**
   * Checks and writes.
   *
   * @param arguments the pin directory and the cgroup2 root, if they are not the agent's defaults
   */
  public static void main(String[] arguments) throws IOException {
    // Libraries' lines are not to get into the JSON.
    PrintStream out = System.out;
    System.setOut(System.err);
    List<Need> needs =
        Needs.check(
            Path.of(arguments.length > 0 ? arguments[0] : "/sys/fs/bpf/groundmesh"),
            Path.of(arguments.length > 1 ? arguments[1] : "/sys/fs/cgroup"));
    write(needs, out);
    System.exit(needs.stream().allMatch(Need::met) ? 0 : 1);
  }

  static void write(List<Need> needs, OutputStream out) throws IOException {
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      json.writeStartObject();
      json.writeBooleanField("fit", needs.stream().allMatch(Need::met));
      json.writeArrayFieldStart("needs");
      for (Need need : needs) {
        json.writeStartObject();
        json.writeStringField("name", need.name());
        json.writeBooleanField("met", need.met());
        json.writeStringField("found", need.found());
        json.writeStringField("remedy", need.remedy());
        json.writeEndObject();
      }
      json.writeEndArray();
      interfaces(json);
      json.writeEndObject();
    }
  }

  /** For who compares the nodes: what does not fit through the narrowest of them is lost. */
  private static void interfaces(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("interfaces");
    for (NetworkInterface one : Collections.list(NetworkInterface.getNetworkInterfaces())) {
      if (!one.isLoopback() && one.isUp()) {
        json.writeStartObject();
        json.writeStringField("name", one.getName());
        json.writeNumberField("mtu", one.getMTU());
        json.writeArrayFieldStart("addresses");
        for (InetAddress address : Collections.list(one.getInetAddresses())) {
          json.writeString(address.getHostAddress());
        }
        json.writeEndArray();
        json.writeEndObject();
      }
    }
    json.writeEndArray();
  }
}
