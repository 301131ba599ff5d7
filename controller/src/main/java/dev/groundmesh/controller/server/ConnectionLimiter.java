package dev.groundmesh.controller.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes connections beyond a number at once, before any memory is spent on them. */
@Sharable
final class ConnectionLimiter extends ChannelInboundHandlerAdapter {

  private static final Logger log = LoggerFactory.getLogger(ConnectionLimiter.class);

  private final int maxConnections;
  private final Runnable refused;
  private final AtomicInteger open = new AtomicInteger();

  ConnectionLimiter(int maxConnections, Runnable refused) {
    this.maxConnections = maxConnections;
    this.refused = refused;
  }

  int open() {
    return open.get();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof Channel connection) {
      if (open.incrementAndGet() > maxConnections) {
        open.decrementAndGet();
        refused.run();
        log.debug(
            "connection of {} refused: {} are open", connection.remoteAddress(), maxConnections);
        connection.unsafe().closeForcibly();
        return;
      }
      connection.closeFuture().addListener(closed -> open.decrementAndGet());
    }
    context.fireChannelRead(message);
  }
}
