package dev.groundmesh.meshapi.xds;

import io.grpc.ManagedChannel;
import java.io.IOException;

/** Where a stream's channel comes from; asked before each stream. */
@FunctionalInterface
public interface ChannelSource {

  /**
   * The channel to use now.
   *
   * @throws IOException when there is none, for example for want of a root certificate
   */
  ManagedChannel channel() throws IOException;
}
