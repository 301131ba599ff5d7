package dev.groundmesh.controller.kubernetes;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.controller.leader.Leadership;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.ServiceEntry;
import dev.groundmesh.controller.source.ObjectChange;
import dev.groundmesh.controller.source.ObjectListener;
import dev.groundmesh.controller.thread.Threads;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives service entries their automatic addresses, by writing them into the entries' status. Every
 * replica, after every restart, reads them from there and nowhere else, so that an address is told
 * to nobody before it is written down. Only the leader assigns; a thread of its own, {@code
 * addresses}, writes.
 */
public final class AddressAllocator implements ObjectListener, Leadership.Listener, AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(AddressAllocator.class);

  private final ApiRequests api;
  private final ApiPaths paths;
  private final Thread thread;
  private final AddressPlan plan = new AddressPlan();
  private final PendingKeys suspects;

  private AddressAllocator(KubernetesClient client, Leadership leadership) {
    this.api = new ApiRequests(client);
    this.paths = new ApiPaths(api);
    this.suspects = new PendingKeys(leadership);
    this.thread =
        Thread.ofPlatform()
            .name("addresses")
            .daemon()
            .unstarted(new WriteLoop("automatic addresses", suspects, this::write, result -> {}));
  }

  /** Assigns from now on, whenever this replica leads. The client stays the caller's. */
  public static AddressAllocator start(KubernetesClient client, Leadership leadership) {
    AddressAllocator allocator = new AddressAllocator(client, leadership);
    allocator.thread.start();
    leadership.listen(allocator);
    return allocator;
  }

  @Override
  public synchronized void changed(List<ObjectChange> changes) {
    for (ObjectChange change : changes) {
      switch (change) {
        case ObjectChange.Put put when put.object() instanceof ServiceEntry entry -> {
          plan.put(entry);
          if (plan.isWrong(entry.key())) {
            suspects.add(entry.key());
          }
        }
        case ObjectChange.Remove remove when remove.key().kind() == Kind.SERVICE_ENTRY ->
            plan.remove(remove.key());
        default -> {
          // Only service entries take addresses; a rejected one keeps those it has.
        }
      }
    }
  }

  @Override
  public synchronized void gained() {
    suspects.addAll(plan.wrong());
  }

  @Override
  public void lost() {
    suspects.removeIf(suspect -> true);
  }

  private synchronized Optional<Map<String, List<String>>> wanted(ObjectKey key) {
    return plan.isWrong(key) ? plan.right(key) : Optional.empty();
  }

  private synchronized void written(ObjectKey key, Map<String, List<String>> addresses) {
    plan.written(key, addresses);
  }

  private void write(ObjectKey key) throws IOException, InterruptedException {
    Optional<Map<String, List<String>>> addresses = wanted(key);
    if (addresses.isPresent()) {
      write(key, addresses.get());
    }
  }

  private void write(ObjectKey key, Map<String, List<String>> addresses)
      throws IOException, InterruptedException {
    Optional<String> path = paths.find(key);
    if (path.isEmpty()) {
      return;
    }
    ObjectNode patch = api.mapper().createObjectNode();
    ArrayNode list = patch.putObject("status").putArray("addresses");
    addresses.forEach(
        (host, values) ->
            values.forEach(value -> list.addObject().put("host", host).put("value", value)));
    api.send("PATCH", path.get() + "/status", ApiRequests.MERGE_PATCH, patch);
    written(key, addresses);
    log.info("{}: automatic addresses {}", key, addresses);
  }

  /** Assigns no more. */
  @Override
  public void close() {
    Threads.end(thread);
  }
}
