package dev.groundmesh.groundctl.analysis;

import dev.groundmesh.controller.model.IpAddresses;
import dev.groundmesh.controller.model.Service;
import dev.groundmesh.controller.model.ServiceEntry;
import java.util.LinkedHashMap;
import java.util.Map;

/** Two objects with one address: traffic to it goes to one of them only. */
final class AddressCheck implements Check {
  /** Who had the address first. */
  private record Owner(SourceObject object, String field) {}

  @Override
  public void run(World world, Findings findings) {
    Map<String, Owner> services = new LinkedHashMap<>();
    world
        .all(Service.class)
        .forEach(
            (source, service) -> {
              for (String address : service.clusterIps()) {
                claim(services, canonical(address), source, "spec.clusterIP", address, findings);
              }
            });
    world
        .all(ServiceEntry.class)
        .forEach(
            (source, entry) -> {
              for (int i = 0; i < entry.addresses().size(); i++) {
                String address = entry.addresses().get(i);
                String field = "spec.addresses[" + i + ']';
                claim(services, canonical(address), source, field, address, findings);
              }
            });
    Map<String, Owner> pods = new LinkedHashMap<>();
    for (Workload workload : world.workloads()) {
      if (!workload.pod().hostNetwork()) {
        for (String address : workload.pod().addresses()) {
          claim(pods, canonical(address), workload.source(), "status.podIPs", address, findings);
        }
      }
    }
  }

  private static void claim(
      Map<String, Owner> owners,
      String canonical,
      SourceObject source,
      String field,
      String address,
      Findings findings) {
    Owner owner = owners.putIfAbsent(canonical, new Owner(source, field));
    if (owner != null && !owner.object().ref().equals(source.ref())) {
      findings.add(
          FindingCode.DUPLICATE_ADDRESS,
          source,
          field,
          address,
          "an address of its own; " + owner.object().ref() + " has it in " + owner.field());
    }
  }

  /** One text for each address, however it is written. */
  private static String canonical(String address) {
    int slash = address.indexOf('/');
    String host = slash < 0 ? address : address.substring(0, slash);
    return IpAddresses.parse(host).map(IpAddresses::format).orElse(host)
        + (slash < 0 ? "" : address.substring(slash));
  }
}
