package dev.groundmesh.nodeagent.endtoend;

import dev.groundmesh.lab.Host;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * A client that speaks HBONE by the JDK's TLS and frames written by hand, one stream a connection,
 * so that it can say what no agent would.
 */
final class RawPeer implements AutoCloseable {
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int GOAWAY = 7;
  private static final int ACK = 1;
  private static final int END_HEADERS = 4;
  private static final int STREAM = 1;

  private final SSLSocket socket;
  private final DataInputStream in;
  private final OutputStream out;

  private RawPeer(SSLSocket socket) throws IOException {
    this.socket = socket;
    this.in = new DataInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
  }

  /** Connects and shakes hands; a refusal of the server is seen by the first read. */
  static RawPeer connect(Host from, String address, int port, MeshAuthority.Credentials credentials)
      throws Exception {
    Socket plain = Clients.connect(from, address, port);
    SSLSocket tls =
        (SSLSocket) credentials.tls().getSocketFactory().createSocket(plain, null, port, true);
    SSLParameters parameters = tls.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    parameters.setProtocols(new String[] {"TLSv1.3"});
    tls.setSSLParameters(parameters);
    tls.startHandshake();
    return new RawPeer(tls);
  }

  /** Begins HTTP/2. */
  void greet() throws IOException {
    out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    frame(SETTINGS, 0, 0, new byte[0]);
  }

  /** Asks for a stream to the authority and gives the status that answers. */
  String ask(String authority) throws Exception {
    greet();
    byte[] name = authority.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer block = ByteBuffer.allocate(11 + name.length);
    // Literals that are not indexed, RFC 7541 section 6.2.2, with names of the static table.
    block.put((byte) 2).put((byte) 7).put("CONNECT".getBytes(StandardCharsets.US_ASCII));
    block.put((byte) 1).put((byte) name.length).put(name).flip();
    byte[] headers = new byte[block.remaining()];
    block.get(headers);
    frame(HEADERS, END_HEADERS, STREAM, headers);
    while (true) {
      Frame frame = next();
      if (frame.type == HEADERS) {
        Http2Headers answer = new DefaultHttp2HeadersDecoder().decodeHeaders(STREAM, frame.payload);
        return String.valueOf(answer.status());
      }
    }
  }

  /** Sends text on the stream and gives as much as comes back. */
  String exchange(String text) throws IOException {
    frame(DATA, 0, STREAM, text.getBytes(StandardCharsets.UTF_8));
    StringBuilder answer = new StringBuilder();
    while (answer.length() < text.length()) {
      Frame frame = next();
      if (frame.type == DATA) {
        answer.append(frame.payload.toString(StandardCharsets.UTF_8));
      }
    }
    return answer.toString();
  }

  /** Waits until the server has ended the stream or the connection. */
  void awaitEnd() throws IOException {
    while (true) {
      next();
    }
  }

  private record Frame(int type, ByteBuf payload) {}

  private Frame next() throws IOException {
    byte[] head = new byte[9];
    in.readFully(head);
    byte[] payload = new byte[(head[0] & 0xff) << 16 | (head[1] & 0xff) << 8 | (head[2] & 0xff)];
    in.readFully(payload);
    int type = head[3];
    if (type == SETTINGS && (head[4] & ACK) == 0) {
      frame(SETTINGS, ACK, 0, new byte[0]);
    }
    if (type == RST_STREAM || type == GOAWAY) {
      throw new EOFException("frame of type " + type);
    }
    return new Frame(type, Unpooled.wrappedBuffer(payload));
  }

  private void frame(int type, int flags, int stream, byte[] payload) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
    frame.put((byte) (payload.length >> 16)).putShort((short) payload.length);
    frame.put((byte) type).put((byte) flags).putInt(stream).put(payload);
    out.write(frame.array());
    out.flush();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
