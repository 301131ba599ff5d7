package dev.groundmesh.nodeagent.redirection;

/**
 * Programs in pods: the redirection looks at the namespace of the task, so Java's own sockets would
 * not do.
 */
final class Scripts {
  private Scripts() {}

  /**
   * Answers each TCP connection with its name and its peer, each datagram with "real answer", and
   * then echoes.
   */
  static final String SERVER =
      """
      import socket, sys, threading
      name, port = sys.argv[1], int(sys.argv[2])
      def talk(c, a):
          try:
              c.sendall(f"{name} from {a[0].removeprefix('::ffff:')} {a[1]}\\n".encode())
              while (data := c.recv(65536)):
                  c.sendall(data)
          except OSError:
              pass
          c.close()
      s = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
      u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
      u.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
      u.bind(("::", port))
      def answer():
          while True:
              data, a = u.recvfrom(65536)
              u.sendto(b"real answer", a)
      threading.Thread(target=answer, daemon=True).start()
      print("ready")
      while True:
          threading.Thread(target=talk, args=s.accept(), daemon=True).start()
      """;

  /**
   * Connects and prints the first line that comes, or the error's name. Options: {@code
   * name=value}.
   */
  static final String CLIENT =
      """
      import ctypes, errno, os, socket, sys
      host, port = sys.argv[1], int(sys.argv[2])
      options = dict(o.split("=", 1) for o in sys.argv[3:])
      family = socket.AF_INET6 if ":" in host else socket.AF_INET
      protocol = int(options.get("protocol", 0))
      s = socket.socket(family, socket.SOCK_STREAM, protocol)
      s.settimeout(15)
      if "device" in options:
          s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, options["device"].encode())
      if "mark" in options:
          s.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, int(options["mark"]))
      if "bind" in options:
          s.bind((options["bind"], int(options.get("bindport", 0))))
      if "unshare" in options:
          if ctypes.CDLL(None, use_errno=True).unshare(0x40000000) != 0:
              raise OSError(ctypes.get_errno(), "unshare")
      try:
          s.connect((host, port))
          print(s.makefile().readline().strip() or "closed")
      except TimeoutError:
          print("ETIMEDOUT")
      except OSError as e:
          print(errno.errorcode[e.errno])
      """;

  /**
   * Opens a connection, prints the first line, and then sends each line it reads and prints the
   * echo.
   */
  static final String TALKER =
      """
      import socket, sys
      s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 15)
      f = s.makefile("rw")
      print(f.readline().strip())
      for line in sys.stdin:
          f.write(line)
          f.flush()
          print(f.readline().strip() or "closed")
      """;

  /**
   * Sends a datagram to port 53 and prints the answer, and from whom; "connected" also the name of
   * the peer.
   */
  static final String DNS_CLIENT =
      """
      import errno, socket, sys
      host, connected = sys.argv[1], sys.argv[2] == "connected"
      s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
      s.settimeout(15)
      try:
          if connected:
              s.connect((host, 53))
              s.send(b"question")
          else:
              s.sendto(b"question", (host, 53))
          data, a = s.recvfrom(512)
          peer = " to " + s.getpeername()[0] if connected else ""
          print(data.decode(), "from", a[0], a[1], peer)
      except OSError as e:
          print(errno.errorcode.get(e.errno, "ETIMEDOUT"))
      """;

  /**
   * Connects again and again until told to stop; prints how often it did and how often it could
   * not.
   */
  static final String CONNECT_LOOP =
      """
      import select, socket, sys
      host, port = sys.argv[1], int(sys.argv[2])
      good, bad = 0, 0
      print("ready")
      while not select.select([sys.stdin], [], [], 0)[0]:
          try:
              s = socket.create_connection((host, port), 15)
              if s.recv(100):
                  good += 1
              else:
                  bad += 1
              s.close()
          except OSError:
              bad += 1
      print(good, bad)
      """;
}
