package dev.groundmesh.benchmarks.footprint;

import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.meshapi.snapshot.MeshStore;
import dev.groundmesh.meshapi.wire.ResponseDecoder;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Measures what a mesh costs the heap of an agent, from the encoded responses to the snapshot.
 *
 * <p>Argument: a directory that {@link SyntheticMesh} has written. Run it with the agent's JVM
 * settings.
 */
public final class SnapshotFootprint {

  private final ResponseDecoder decoder = new ResponseDecoder();
  private final MeshStore store = new MeshStore(MeshSnapshot.EMPTY);

  private SnapshotFootprint() {}

  public static void main(String[] args) throws IOException {
    List<Path> responses;
    try (Stream<Path> files = Files.list(Path.of(args[0]))) {
      responses = files.toList();
    }
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long heapBefore = liveHeapBytes();
    long cpuBefore = threads.getCurrentThreadCpuTime();
    SnapshotFootprint agent = new SnapshotFootprint();
    try {
      agent.load(responses);
      long cpuMillis = (threads.getCurrentThreadCpuTime() - cpuBefore) / 1_000_000;
      long heap = liveHeapBytes() - heapBefore;
      int workloads = agent.store.current().workloads().size();
      System.out.printf(
          "%d workloads, %d services in %d responses: %.2f MiB of live heap (%d bytes a workload),"
              + " loaded in %d ms of CPU by a cold JVM%n",
          workloads,
          agent.store.current().services().size(),
          responses.size(),
          heap / 1048576.0,
          heap / Math.max(1, workloads),
          cpuMillis);
    } finally {
      Reference.reachabilityFence(agent);
    }
  }

  private void load(List<Path> responses) throws IOException {
    for (Path response : responses) {
      store.apply(
          decoder.decode(DeltaDiscoveryResponse.parseFrom(Files.readAllBytes(response))).delta());
    }
  }

  private static long liveHeapBytes() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
