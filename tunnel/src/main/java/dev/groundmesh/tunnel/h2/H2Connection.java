package dev.groundmesh.tunnel.h2;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.relay.StreamFailure;
import dev.groundmesh.tunnel.relay.StreamFailure.Kind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection (RFC 9113) over an {@link H2Transport}, client or server by its {@link
 * H2Role}. Owned by one event loop.
 *
 * <p>Writing is fair: streams with something to send take turns of {@link #TURN} bytes. Small
 * frames gather until the end of the event loop's turn.
 */
public final class H2Connection {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  /** What a stream may send while others wait. */
  private static final int TURN = 32 * 1024;

  /** What a stream may send in one frame while nobody waits. */
  private static final int LONE_TURN = 256 * 1024;

  /**
   * So many writes share a record at most. Were all of a turn to share one, the nodes at both ends
   * would work by turns instead of together: a tenth less throughput at 50 connections, more
   * latency.
   */
  private static final int MAX_UNFLUSHED_WRITES = 4;

  /** With so much of our answers unread the peer is not after answers. */
  private static final long MAX_UNREAD_ANSWERS = 2 * 1024 * 1024;

  /** Header lists that a peer may ask us to keep small are never smaller than this. */
  private static final int MAX_ENCODER_TABLE = 4096;

  /** For so few bytes a peer may update a window, and a few times for any data at all. */
  private static final int BYTES_PER_UPDATE = 4096;

  private static final int UPDATES_PER_TURN = 4;
  private static final int MAX_DUE_UPDATES = 100_000;
  private static final int RECENT_RESETS = 128;
  private static final long DRAIN_PING = 0x67726f756e646d73L;
  private static final long KEEPALIVE_PING = 0x6b656570616c6976L;

  private final EventLoop loop;
  private final H2Transport transport;
  private final H2Settings settings;
  private final H2Timing timing;
  private final H2Role role;
  private final boolean client;

  private final FrameReader reader;
  private final FrameWriter writer;
  private final FloodGuard guard;
  private final DefaultHttp2HeadersDecoder decoder;
  private final DefaultHttp2HeadersEncoder encoder;
  private final ByteBufAllocator allocator;

  private final IntObjectMap<H2Stream> streams = new IntObjectHashMap<>(8);
  private final ArrayDeque<H2Stream> ready = new ArrayDeque<>(8);
  private final ArrayList<H2Stream> touched = new ArrayList<>(8);

  private int dueUpdates;
  private int unflushedWrites;
  private int prefaceSeen;
  private int nextStreamId;
  private int lastPeerStream;
  private long sendWindow = FrameType.DEFAULT_WINDOW;
  private int receiveWindow;
  private int consumed;

  private int peerInitialWindow = FrameType.DEFAULT_WINDOW;
  private int peerMaxFrameSize = FrameType.DEFAULT_MAX_FRAME_SIZE;
  private long peerMaxStreams;

  private @Nullable H2Stream dataStream;
  private int @Nullable [] recentResets;
  private int recentResetsNext;

  private boolean settingsReceived;
  private boolean settingsAcked;
  private final Runnable flushTask = this::runFlush;
  private boolean flushScheduled;
  private boolean pumping;
  private boolean goAwayReceived;
  private boolean draining;
  private boolean finalGoAwaySent;
  private boolean closed;
  private boolean pingOutstanding;
  private @Nullable ScheduledFuture<?> settingsTimer;
  private @Nullable ScheduledFuture<?> pingTimer;

  /** A connection that has sent nothing yet; {@link #start} sends its preface and settings. */
  public H2Connection(
      EventLoop loop,
      ByteBufAllocator allocator,
      H2Transport transport,
      H2Settings settings,
      H2Timing timing,
      H2Role role) {
    this.loop = loop;
    this.allocator = allocator;
    this.transport = transport;
    this.settings = settings;
    this.timing = timing;
    this.role = role;
    this.client = role.isClient();
    this.reader =
        new FrameReader(
            new Frames(this), allocator, settings.maxFrameSize(), settings.maxHeaderListSize());
    this.writer = new FrameWriter(transport, allocator);
    this.guard = new FloodGuard(loop.ticker()::nanoTime);
    this.decoder = new DefaultHttp2HeadersDecoder(true, settings.maxHeaderListSize());
    // These two differ on every request: to index them would only push useful entries out.
    this.encoder =
        new DefaultHttp2HeadersEncoder(
            (name, value) -> name.length() > 8 && isUnique(name.toString()));
    this.nextStreamId = client ? 1 : 2;
    this.peerMaxStreams = settings.maxConcurrentStreams();
    this.receiveWindow = settings.connectionWindow();
  }

  private static boolean isUnique(String name) {
    return name.equals("traceparent") || name.equals("forwarded");
  }

  /** Sends our preface and settings. */
  public void start() {
    if (client) {
      writer.raw(PREFACE);
      prefaceSeen = PREFACE.length;
      writer.settings(
          FrameType.SETTING_ENABLE_PUSH,
          0,
          FrameType.SETTING_INITIAL_WINDOW_SIZE,
          settings.streamWindow(),
          FrameType.SETTING_MAX_FRAME_SIZE,
          settings.maxFrameSize(),
          FrameType.SETTING_MAX_HEADER_LIST_SIZE,
          settings.maxHeaderListSize());
    } else {
      writer.settings(
          FrameType.SETTING_MAX_CONCURRENT_STREAMS,
          settings.maxConcurrentStreams(),
          FrameType.SETTING_INITIAL_WINDOW_SIZE,
          settings.streamWindow(),
          FrameType.SETTING_MAX_FRAME_SIZE,
          settings.maxFrameSize(),
          FrameType.SETTING_MAX_HEADER_LIST_SIZE,
          settings.maxHeaderListSize());
    }
    int more = settings.connectionWindow() - FrameType.DEFAULT_WINDOW;
    if (more > 0) {
      writer.windowUpdate(0, more);
    }
    settingsTimer =
        loop.schedule(this::onSettingsTimeout, timing.settings().toNanos(), TimeUnit.NANOSECONDS);
    pingTimer =
        loop.schedule(this::onPingTimer, timing.pingInterval().toNanos(), TimeUnit.NANOSECONDS);
    scheduleFlush();
  }

  private void onSettingsTimeout() {
    if (!settingsReceived || !settingsAcked) {
      close(
          H2Error.SETTINGS_TIMEOUT,
          Kind.TUNNEL_LOST,
          ReasonCode.H2_HANDSHAKE_FAILED,
          settingsReceived ? "no acknowledgement of SETTINGS in time" : "no SETTINGS in time");
    }
  }

  private void onPingTimer() {
    if (closed) {
      return;
    }
    if (pingOutstanding) {
      close(
          H2Error.NO_ERROR,
          Kind.TUNNEL_LOST,
          ReasonCode.TUNNEL_PING_TIMEOUT,
          "no answer to PING in " + timing.pingTimeout().toMillis() + " ms");
      return;
    }
    pingOutstanding = true;
    writer.ping(KEEPALIVE_PING, false);
    flush();
    pingTimer =
        loop.schedule(this::onPingTimer, timing.pingTimeout().toNanos(), TimeUnit.NANOSECONDS);
  }

  EventLoop eventLoop() {
    return loop;
  }

  FrameWriter writer() {
    return writer;
  }

  int initialSendWindow() {
    return peerInitialWindow;
  }

  int initialReceiveWindow() {
    return settings.streamWindow();
  }

  /** What a stream's reset says on the wire (RFC 9113, section 8.5). */
  H2Error resetCode() {
    return client ? H2Error.CANCEL : H2Error.CONNECT_ERROR;
  }

  /** Streams open or half open. */
  public int streams() {
    return streams.size();
  }

  /** Whether the peer's SETTINGS came, so that it does speak HTTP/2. */
  public boolean isStarted() {
    return settingsReceived;
  }

  /** Whether the connection is over. */
  public boolean isClosed() {
    return closed;
  }

  /** Whether we may open one more stream. */
  public boolean canOpen() {
    return !closed
        && !draining
        && !goAwayReceived
        && nextStreamId > 0
        && streams.size() < Math.min(peerMaxStreams, settings.maxConcurrentStreams());
  }

  /** The number for the next stream of ours; only when {@link #canOpen()}. */
  public int nextStreamId() {
    int id = nextStreamId;
    nextStreamId += 2;
    return id;
  }

  /**
   * Opens a stream of ours with its request headers.
   *
   * @throws Http2Exception when the headers cannot be encoded or are larger than the peer takes
   */
  public void open(H2Stream stream, Http2Headers headers) throws Http2Exception {
    sendHeaders(stream, headers, false);
    streams.put(stream.id(), stream);
  }

  /** Sends headers on a stream. */
  public void sendHeaders(H2Stream stream, Http2Headers headers, boolean endStream)
      throws Http2Exception {
    if (closed) {
      return;
    }
    ByteBuf block = allocator.directBuffer(512);
    try {
      encoder.encodeHeaders(stream.id(), headers, block);
      writer.headers(stream.id(), block, endStream, peerMaxFrameSize);
    } finally {
      block.release();
    }
    scheduleFlush();
  }

  // ---------------------------------------------------------------------------------------- input

  /** Bytes of the peer, decrypted; the caller keeps its reference. */
  public void onBytes(ByteBuf in) {
    if (closed) {
      return;
    }
    try {
      if (prefaceSeen < PREFACE.length) {
        readPreface(in);
      }
      reader.feed(in);
    } catch (ConnectionFault e) {
      close(e.code(), Kind.PROTOCOL_ERROR, e.reason(), e.detail());
    }
  }

  private void readPreface(ByteBuf in) throws ConnectionFault {
    while (prefaceSeen < PREFACE.length && in.isReadable()) {
      if (in.readByte() != PREFACE[prefaceSeen]) {
        throw new ConnectionFault(
            H2Error.PROTOCOL_ERROR,
            ReasonCode.H2_HANDSHAKE_FAILED,
            "client preface: another protocol");
      }
      prefaceSeen++;
    }
  }

  /** A batch of {@link #onBytes} is over. */
  public void onReadComplete() {
    for (int i = 0; i < touched.size(); i++) {
      touched.get(i).onBatchEnd();
    }
    touched.clear();
    if (!closed && transport.heldBytes() > MAX_UNREAD_ANSWERS) {
      close(
          H2Error.ENHANCE_YOUR_CALM,
          Kind.PROTOCOL_ERROR,
          ReasonCode.H2_CONTROL_FLOOD,
          "flood: answers that the peer does not read");
    }
  }

  /** The stream got data in this batch. */
  void touched(H2Stream stream) {
    touched.add(stream);
  }

  /** The transport takes more again. */
  public void onTransportWritable() {
    pump();
  }

  /** The transport is gone. */
  public void onTransportClosed(StreamFailure cause) {
    if (!closed) {
      boolean orderly = streams.isEmpty() && (draining || goAwayReceived);
      shut(cause, orderly ? null : cause);
    }
  }

  /** What the frame reader tells, kept apart so that its methods are nobody else's to call. */
  private record Frames(H2Connection c) implements FrameListener {
    @Override
    public void onDataBegin(int streamId, int length) throws ConnectionFault {
      c.onDataBegin(streamId, length);
    }

    @Override
    public void onDataBytes(ByteBuf bytes) {
      H2Stream stream = c.dataStream;
      if (stream != null) {
        stream.receive(bytes);
      } else {
        int length = bytes.readableBytes();
        bytes.release();
        c.creditConnection(length);
      }
    }

    @Override
    public void onDataPadding(int length) {
      H2Stream stream = c.dataStream;
      if (stream != null) {
        stream.onPadding(length);
      } else {
        c.creditConnection(length);
      }
    }

    @Override
    public void onDataEnd(boolean dataSeen, boolean endStream) throws ConnectionFault {
      H2Stream stream = c.dataStream;
      c.dataStream = null;
      if (!dataSeen && !endStream) {
        c.guard.count(FloodGuard.Kind.EMPTY_DATA);
      }
      if (endStream && stream != null && !stream.isClosed()) {
        stream.onRemoteEnd();
      }
    }

    @Override
    public void onHeaders(int streamId, ByteBuf block, boolean endStream) throws ConnectionFault {
      c.onHeaders(streamId, block, endStream);
    }

    @Override
    public void onPriority(int streamId, boolean wellFormed) throws ConnectionFault {
      c.guard.count(FloodGuard.Kind.IGNORED_FRAMES);
      if (!wellFormed && c.isIdle(streamId)) {
        // RST_STREAM must not be sent for an idle stream (RFC 9113, section 6.4).
        throw new ConnectionFault(H2Error.FRAME_SIZE_ERROR, "PRIORITY length (expected: 5)");
      }
      if (!wellFormed) {
        c.streamFault(streamId, H2Error.FRAME_SIZE_ERROR, "PRIORITY length (expected: 5)");
      }
    }

    @Override
    public void onReset(int streamId, long code) throws ConnectionFault {
      c.onReset(streamId, code);
    }

    @Override
    public void onSetting(int id, long value) throws ConnectionFault {
      c.onSetting(id, value);
    }

    @Override
    public void onSettingsEnd() throws ConnectionFault {
      c.guard.count(FloodGuard.Kind.SETTINGS);
      c.settingsReceived = true;
      c.writer.settingsAck();
      c.scheduleFlush();
      c.pump();
      c.role.onCapacityChanged();
    }

    @Override
    public void onSettingsAck() throws ConnectionFault {
      if (c.settingsAcked) {
        throw new ConnectionFault(H2Error.PROTOCOL_ERROR, "SETTINGS with ACK (expected: one)");
      }
      c.settingsAcked = true;
      if (c.settingsReceived && c.settingsTimer != null) {
        c.settingsTimer.cancel(false);
        c.settingsTimer = null;
      }
    }

    @Override
    public void onPing(long payload, boolean ack) throws ConnectionFault {
      c.onPing(payload, ack);
    }

    @Override
    public void onGoAway(int lastStreamId, long code, String debug) throws ConnectionFault {
      if (c.goAwayReceived) {
        c.guard.count(FloodGuard.Kind.IGNORED_FRAMES);
      }
      c.onGoAway(lastStreamId, code, debug);
    }

    @Override
    public void onWindowUpdate(int streamId, int increment) throws ConnectionFault {
      c.onWindowUpdate(streamId, increment);
    }

    @Override
    public void onUnknown() throws ConnectionFault {
      c.guard.count(FloodGuard.Kind.IGNORED_FRAMES);
    }
  }

  private boolean isPeers(int streamId) {
    return (streamId & 1) == (client ? 0 : 1);
  }

  private boolean isIdle(int streamId) {
    return isPeers(streamId) ? streamId > lastPeerStream : streamId >= nextStreamId;
  }

  private void onDataBegin(int streamId, int length) throws ConnectionFault {
    receiveWindow -= length;
    if (receiveWindow < 0) {
      throw new ConnectionFault(H2Error.FLOW_CONTROL_ERROR, "connection window overrun");
    }
    H2Stream stream = streams.get(streamId);
    dataStream = stream;
    if (stream == null) {
      if (isIdle(streamId)) {
        throw new ConnectionFault(H2Error.PROTOCOL_ERROR, "DATA on idle stream " + streamId);
      }
      if (!wasReset(streamId)) {
        streamFault(streamId, H2Error.STREAM_CLOSED, "DATA on a closed stream");
      }
    } else if (stream.isRemoteEnded()) {
      dataStream = null;
      streamFault(streamId, H2Error.STREAM_CLOSED, "DATA after END_STREAM");
    } else if (!stream.takeReceiveWindow(length)) {
      dataStream = null;
      streamFault(streamId, H2Error.FLOW_CONTROL_ERROR, "stream window overrun");
    }
  }

  /** Gives back connection window; streams do so for what they consumed. */
  void creditConnection(int length) {
    consumed += length;
    if (consumed >= settings.connectionWindow() / 4 && !closed) {
      receiveWindow += consumed;
      writer.windowUpdate(0, consumed);
      consumed = 0;
      scheduleFlush();
    }
  }

  private void onHeaders(int streamId, ByteBuf block, boolean endStream) throws ConnectionFault {
    Http2Headers headers;
    try {
      headers = decoder.decodeHeaders(streamId, block);
    } catch (Http2Exception e) {
      if (Http2Exception.isStreamError(e)) {
        onMalformedHeaders(streamId, e);
        return;
      }
      throw new ConnectionFault(H2Error.COMPRESSION_ERROR, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      throw new ConnectionFault(H2Error.COMPRESSION_ERROR, String.valueOf(e));
    }
    H2Stream stream = streams.get(streamId);
    if (stream != null) {
      if (stream.isRemoteEnded()) {
        streamFault(streamId, H2Error.STREAM_CLOSED, "HEADERS after END_STREAM");
        return;
      }
      stream.onHeaders(headers, endStream);
      if (endStream && !stream.isClosed()) {
        stream.onRemoteEnd();
      }
      return;
    }
    if (!openedByPeer(streamId)) {
      return;
    }
    H2Stream opened = role.newStream(this, streamId);
    streams.put(streamId, opened);
    opened.onHeaders(headers, endStream);
    if (endStream && !opened.isClosed()) {
      opened.onRemoteEnd();
    }
  }

  /** Whether HEADERS of an unknown stream open it; if not, they were dealt with. */
  private boolean openedByPeer(int streamId) throws ConnectionFault {
    if (client || !isPeers(streamId)) {
      if (isIdle(streamId)) {
        throw new ConnectionFault(H2Error.PROTOCOL_ERROR, "HEADERS on idle stream " + streamId);
      }
      if (!wasReset(streamId)) {
        streamFault(streamId, H2Error.STREAM_CLOSED, "HEADERS on a closed stream");
      }
      return false;
    }
    if (streamId <= lastPeerStream) {
      if (wasReset(streamId)) {
        return false;
      }
      throw new ConnectionFault(
          H2Error.STREAM_CLOSED,
          "HEADERS stream: " + streamId + " (expected: > " + lastPeerStream + ")");
    }
    lastPeerStream = streamId;
    if (finalGoAwaySent) {
      // RFC 9113, section 6.8: what comes after the last stream that we named is ignored.
      rememberReset(streamId);
      return false;
    }
    if (streams.size() >= settings.maxConcurrentStreams()) {
      streamFault(streamId, H2Error.REFUSED_STREAM, "more streams than allowed");
      role.onStreamRefused(
          ReasonCode.STREAM_LIMIT,
          "streams: more than open (expected: <= " + settings.maxConcurrentStreams() + ")");
      return false;
    }
    return true;
  }

  private void onMalformedHeaders(int streamId, Http2Exception e) throws ConnectionFault {
    boolean opens = !streams.containsKey(streamId);
    if (opens && !openedByPeer(streamId)) {
      return;
    }
    streamFault(streamId, H2Error.PROTOCOL_ERROR, String.valueOf(e.getMessage()));
    if (opens) {
      role.onStreamRefused(ReasonCode.HEADERS_MALFORMED, String.valueOf(e.getMessage()));
    }
  }

  /** Answers a stream error (RFC 9113, section 5.4.2), within the budget for such answers. */
  private void streamFault(int streamId, H2Error code, String detail) throws ConnectionFault {
    guard.count(FloodGuard.Kind.STREAM_ERRORS);
    H2Stream stream = streams.get(streamId);
    if (stream != null) {
      stream.reset(new StreamFailure(Kind.PROTOCOL_ERROR, detail), code);
    } else {
      writer.reset(streamId, code);
      rememberReset(streamId);
      scheduleFlush();
    }
  }

  private void onReset(int streamId, long code) throws ConnectionFault {
    if (isIdle(streamId)) {
      throw new ConnectionFault(H2Error.PROTOCOL_ERROR, "RST_STREAM on idle stream " + streamId);
    }
    H2Stream stream = streams.get(streamId);
    if (stream == null) {
      guard.count(FloodGuard.Kind.IGNORED_FRAMES);
      return;
    }
    if (!client && !stream.isInUse()) {
      guard.count(FloodGuard.Kind.RAPID_RESET);
    }
    stream.onReset(new StreamFailure(Kind.RESET_BY_PEER, "RST_STREAM " + H2Error.describe(code)));
  }

  private void onSetting(int id, long value) throws ConnectionFault {
    switch (id) {
      case FrameType.SETTING_HEADER_TABLE_SIZE -> {
        try {
          encoder.configuration().maxHeaderTableSize(Math.min(value, MAX_ENCODER_TABLE));
        } catch (Http2Exception e) {
          throw new ConnectionFault(H2Error.PROTOCOL_ERROR, String.valueOf(e.getMessage()));
        }
      }
      case FrameType.SETTING_ENABLE_PUSH -> {
        if (value > (client ? 0 : 1)) {
          throw new ConnectionFault(
              H2Error.PROTOCOL_ERROR, "ENABLE_PUSH: " + value + " (expected: 0)");
        }
      }
      case FrameType.SETTING_MAX_CONCURRENT_STREAMS -> peerMaxStreams = value;
      case FrameType.SETTING_INITIAL_WINDOW_SIZE -> onInitialWindow(value);
      case FrameType.SETTING_MAX_FRAME_SIZE -> {
        if (value < 16_384 || value > 16_777_215) {
          throw new ConnectionFault(
              H2Error.PROTOCOL_ERROR,
              "MAX_FRAME_SIZE: " + value + " (expected: 16384 to 16777215)");
        }
        peerMaxFrameSize = (int) value;
      }
      case FrameType.SETTING_MAX_HEADER_LIST_SIZE -> {
        try {
          encoder.configuration().maxHeaderListSize(value);
        } catch (Http2Exception e) {
          throw new ConnectionFault(H2Error.PROTOCOL_ERROR, String.valueOf(e.getMessage()));
        }
      }
      default -> {
        // RFC 9113, section 6.5.2: unknown settings are ignored.
      }
    }
  }

  private void onInitialWindow(long value) throws ConnectionFault {
    if (value > Integer.MAX_VALUE) {
      throw new ConnectionFault(
          H2Error.FLOW_CONTROL_ERROR,
          "INITIAL_WINDOW_SIZE: " + value + " (expected: <= 2147483647)");
    }
    long change = value - peerInitialWindow;
    peerInitialWindow = (int) value;
    for (H2Stream stream : streams.values()) {
      if (!stream.addSendWindow(change)) {
        throw new ConnectionFault(
            H2Error.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE: window of stream " + stream.id());
      }
    }
  }

  private void onPing(long payload, boolean ack) throws ConnectionFault {
    if (!ack) {
      guard.count(FloodGuard.Kind.PING);
      writer.ping(payload, true);
      scheduleFlush();
    } else if (payload == KEEPALIVE_PING && pingOutstanding) {
      pingOutstanding = false;
      if (pingTimer != null) {
        pingTimer.cancel(false);
      }
      pingTimer =
          loop.schedule(this::onPingTimer, timing.pingInterval().toNanos(), TimeUnit.NANOSECONDS);
    } else if (payload == DRAIN_PING && draining && !finalGoAwaySent) {
      finalGoAwaySent = true;
      writer.goAway(lastPeerStream, H2Error.NO_ERROR, new byte[0]);
      scheduleFlush();
      closeWhenDrained();
    } else {
      guard.count(FloodGuard.Kind.IGNORED_FRAMES);
    }
  }

  private void onGoAway(int lastStreamId, long code, String debug) {
    goAwayReceived = true;
    if (client) {
      StreamFailure cause =
          new StreamFailure(
              Kind.TUNNEL_LOST, ("GOAWAY " + H2Error.describe(code) + " " + debug).strip());
      for (H2Stream stream : List.copyOf(streams.values())) {
        if (stream.id() > lastStreamId) {
          stream.fail(cause);
        }
      }
    }
    role.onCapacityChanged();
    closeWhenDrained();
  }

  private void onWindowUpdate(int streamId, int increment) throws ConnectionFault {
    if (dueUpdates > 0) {
      dueUpdates--;
    } else {
      guard.count(FloodGuard.Kind.WINDOW_UPDATE);
    }
    if (streamId == 0) {
      if (increment == 0) {
        throw new ConnectionFault(H2Error.PROTOCOL_ERROR, "WINDOW_UPDATE: 0 (expected: > 0)");
      }
      sendWindow += increment;
      if (sendWindow > Integer.MAX_VALUE) {
        throw new ConnectionFault(
            H2Error.FLOW_CONTROL_ERROR,
            "connection window: " + sendWindow + " (expected: <= 2147483647)");
      }
      pump();
      return;
    }
    if (isIdle(streamId)) {
      throw new ConnectionFault(H2Error.PROTOCOL_ERROR, "WINDOW_UPDATE on idle stream " + streamId);
    }
    H2Stream stream = streams.get(streamId);
    if (stream == null) {
      return;
    }
    if (increment == 0) {
      streamFault(streamId, H2Error.PROTOCOL_ERROR, "WINDOW_UPDATE: 0 (expected: > 0)");
    } else if (!stream.addSendWindow(increment)) {
      streamFault(streamId, H2Error.FLOW_CONTROL_ERROR, "stream window (expected: <= 2147483647)");
    } else {
      pump();
    }
  }

  // --------------------------------------------------------------------------------------- output

  /** Whether data written now would leave now. */
  boolean canSendNow() {
    return sendWindow > 0 && ready.isEmpty() && transport.isWritable();
  }

  /** Gives the stream a turn, if it waits for none yet. */
  void enqueue(H2Stream stream) {
    if (!stream.isQueued()) {
      stream.setQueued(true);
      ready.add(stream);
    }
  }

  /** Sends what windows and transport allow, in turns. */
  void pump() {
    if (pumping) {
      return;
    }
    pumping = true;
    boolean sentAny = false;
    try {
      while (!closed && sendWindow > 0 && !ready.isEmpty() && transport.isWritable()) {
        sentAny |= pumpOne(ready.remove());
      }
    } finally {
      pumping = false;
    }
    if (sentAny) {
      unflushedWrites++;
      if (unflushedWrites >= MAX_UNFLUSHED_WRITES) {
        flush();
      } else {
        scheduleFlush();
      }
    }
  }

  private boolean pumpOne(H2Stream stream) {
    stream.setQueued(false);
    int quantum = ready.isEmpty() ? LONE_TURN : TURN;
    int sent = stream.sendSome(quantum, sendWindow, peerMaxFrameSize);
    sendWindow -= sent;
    if (sent > 0) {
      dueUpdates =
          Math.min(MAX_DUE_UPDATES, dueUpdates + UPDATES_PER_TURN + sent / BYTES_PER_UPDATE);
    }
    if (stream.hasMore()) {
      enqueue(stream);
    }
    stream.notifyWritable();
    return sent > 0;
  }

  /** Sends by the end of this turn of the event loop. */
  void scheduleFlush() {
    if (!flushScheduled && !closed) {
      flushScheduled = true;
      loop.execute(flushTask);
    }
  }

  private void runFlush() {
    flushScheduled = false;
    if (!closed) {
      flush();
    }
  }

  private void flush() {
    unflushedWrites = 0;
    writer.seal();
    transport.flush();
  }

  /** Lets the peer send so much more on the stream. */
  void sendWindowUpdate(H2Stream stream, int increment) {
    if (!closed) {
      writer.windowUpdate(stream.id(), increment);
      scheduleFlush();
    }
  }

  /** Ends our direction of the stream. */
  void sendEnd(H2Stream stream) {
    if (!closed) {
      writer.endStream(stream.id());
      scheduleFlush();
    }
  }

  void sendReset(H2Stream stream, H2Error code) {
    if (!closed && Objects.equals(streams.get(stream.id()), stream)) {
      writer.reset(stream.id(), code);
      rememberReset(stream.id());
      scheduleFlush();
    }
  }

  /** The peer may still send on streams that we reset a moment ago, and means no harm. */
  private void rememberReset(int streamId) {
    int[] recent = recentResets;
    if (recent == null) {
      recent = new int[RECENT_RESETS];
      recentResets = recent;
    }
    recent[recentResetsNext] = streamId;
    recentResetsNext = (recentResetsNext + 1) % RECENT_RESETS;
  }

  private boolean wasReset(int streamId) {
    int[] recent = recentResets;
    if (recent != null) {
      for (int id : recent) {
        if (id == streamId) {
          return true;
        }
      }
    }
    return false;
  }

  /** The stream needs no more frames. */
  void forget(H2Stream stream) {
    if (!Objects.equals(streams.get(stream.id()), stream)) {
      return;
    }
    streams.remove(stream.id());
    if (!closed) {
      role.onCapacityChanged();
      closeWhenDrained();
    }
  }

  // ------------------------------------------------------------------------------------------ end

  /** Tells the peer to open no more streams; the connection closes with the last one. */
  public void drain() {
    if (closed || draining) {
      return;
    }
    draining = true;
    if (client) {
      finalGoAwaySent = true;
      role.onCapacityChanged();
    } else {
      // RFC 9113, section 6.8: first the largest number, so that no stream on its way is lost; the
      // answer to the PING proves that the peer knows.
      writer.goAway(Integer.MAX_VALUE, H2Error.NO_ERROR, new byte[0]);
      writer.ping(DRAIN_PING, false);
      flush();
    }
    closeWhenDrained();
  }

  private void closeWhenDrained() {
    if (!closed
        && streams.isEmpty()
        && (client ? draining || goAwayReceived : draining && finalGoAwaySent)) {
      close(H2Error.NO_ERROR, null, null, "drained");
    }
  }

  /** Ends the connection now and kills its streams with {@code cause}. */
  public void close(StreamFailure cause) {
    close(H2Error.NO_ERROR, cause.kind(), cause.reason(), cause.detail());
  }

  private void close(
      H2Error code, @Nullable Kind kind, @Nullable ReasonCode reason, String detail) {
    if (closed) {
      return;
    }
    writer.goAway(lastPeerStream, code, detail.getBytes(StandardCharsets.UTF_8));
    flush();
    if (closed) {
      // The transport failed under the GOAWAY and said so.
      return;
    }
    String text = code == H2Error.NO_ERROR ? detail : code + ": " + detail;
    StreamFailure cause = new StreamFailure(kind == null ? Kind.TUNNEL_LOST : kind, text, reason);
    shut(cause, kind == null ? null : cause);
    transport.end();
  }

  private void shut(StreamFailure streamsCause, @Nullable StreamFailure cause) {
    closed = true;
    if (settingsTimer != null) {
      settingsTimer.cancel(false);
    }
    if (pingTimer != null) {
      pingTimer.cancel(false);
    }
    reader.close();
    writer.close();
    ready.clear();
    touched.clear();
    for (H2Stream stream : List.copyOf(streams.values())) {
      stream.fail(streamsCause);
    }
    streams.clear();
    role.onClosed(cause);
  }
}
