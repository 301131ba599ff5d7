package dev.groundmesh.meshapi.xds;

import dev.groundmesh.meshapi.wire.ResourceType;
import java.time.Duration;

/** Metrics of the stream. Called by the client's owner thread only; must not block. */
public interface XdsObserver {

  /** Sees nothing. */
  XdsObserver NONE =
      new XdsObserver() {
        @Override
        public void connected() {}

        @Override
        public void ended(StreamEnd end) {}

        @Override
        public void received(ResourceType type, long bytes) {}

        @Override
        public void applied(ResourceType type, int rejected, Duration took) {}
      };

  /** The first response of a new stream arrived. */
  void connected();

  /** The stream ended. */
  void ended(StreamEnd end);

  /** A response arrived. */
  void received(ResourceType type, long bytes);

  /** A response was applied, but for so many of its resources. */
  void applied(ResourceType type, int rejected, Duration took);
}
