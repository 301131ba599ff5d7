package dev.groundmesh.tunnel.h2;

import io.netty.buffer.ByteBuf;

/** What a {@link FrameReader} found; lengths and stream ids are checked, meaning is not. */
interface FrameListener {
  /** A DATA frame begins; {@code length} counts against flow control, padding included. */
  void onDataBegin(int streamId, int length) throws ConnectionFault;

  /** Part of the payload of the DATA frame that began last; the listener owns the reference. */
  void onDataBytes(ByteBuf bytes);

  /** Bytes of padding of the DATA frame that began last. */
  void onDataPadding(int length);

  /** The DATA frame that began last is over; {@code dataSeen} if it held more than padding. */
  void onDataEnd(boolean dataSeen, boolean endStream) throws ConnectionFault;

  /** A whole header block; {@code block} is valid during the call alone. */
  void onHeaders(int streamId, ByteBuf block, boolean endStream) throws ConnectionFault;

  void onPriority(int streamId, boolean wellFormed) throws ConnectionFault;

  void onReset(int streamId, long code) throws ConnectionFault;

  /** One setting of a SETTINGS frame. */
  void onSetting(int id, long value) throws ConnectionFault;

  /** A SETTINGS frame is over. */
  void onSettingsEnd() throws ConnectionFault;

  void onSettingsAck() throws ConnectionFault;

  void onPing(long payload, boolean ack) throws ConnectionFault;

  void onGoAway(int lastStreamId, long code, String debug) throws ConnectionFault;

  /** {@code streamId} is 0 for the connection; {@code increment} may be 0. */
  void onWindowUpdate(int streamId, int increment) throws ConnectionFault;

  /** A frame of an unknown type, which is skipped. */
  void onUnknown() throws ConnectionFault;
}
