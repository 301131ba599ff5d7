package dev.groundmesh.groundctl.demo;

import dev.groundmesh.lab.KubeService;
import dev.groundmesh.lab.Lab;
import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.Pod;
import dev.groundmesh.lab.process.Command;
import dev.groundmesh.lab.process.Readiness;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A shop of real programs: a front end on one node, and on the other a catalog (HTTP by nginx), a
 * cart (HTTP/2 by nghttpd) and a ledger (redis).
 */
final class Shop {
  static final String NAMESPACE = "shop";

  /** Stands in the catalog's page, to be looked for on the wire. */
  static final String SECRET = "price-list-of-the-day";

  private static final Duration LIMIT = Duration.ofSeconds(15);
  private static final int CATALOG_PORT = 8080;
  private static final int CART_PORT = 8081;
  private static final int LEDGER_PORT = 6379;

  private final Pod frontend;
  private final Pod intruder;
  private final KubeService catalog;

  private Shop(Pod frontend, Pod intruder, KubeService catalog) {
    this.frontend = frontend;
    this.intruder = intruder;
    this.catalog = catalog;
  }

  static Shop open(Lab lab, Node clients, Node servers) {
    Pod frontend =
        clients.pod("shop/frontend").serviceAccount("frontend").label("app", "frontend").start();
    Pod intruder =
        clients.pod("shop/intruder").serviceAccount("intruder").label("app", "intruder").start();
    Pod catalogPod =
        servers.pod("shop/catalog").serviceAccount("catalog").label("app", "catalog").start();
    Pod cartPod = servers.pod("shop/cart").serviceAccount("cart").label("app", "cart").start();
    Pod ledgerPod =
        servers.pod("shop/ledger").serviceAccount("ledger").label("app", "ledger").start();
    KubeService catalog =
        lab.service("shop/catalog").selector("app", "catalog").port("http", 80, CATALOG_PORT).add();
    lab.service("shop/cart").selector("app", "cart").port("http2", 80, CART_PORT).add();
    lab.service("shop/ledger")
        .selector("app", "ledger")
        .port("tcp-redis", LEDGER_PORT, LEDGER_PORT)
        .add();

    Path pages = lab.directory("shop");
    write(pages.resolve("index.html"), "catalog: " + SECRET + "\n");
    Path nginx = pages.resolve("nginx.conf");
    write(
        nginx,
        """
        daemon off; worker_processes 1; pid %1$s/nginx.pid; error_log stderr;
        events { worker_connections 512; }
        http {
          access_log %1$s/access.log;
          client_body_temp_path %1$s; proxy_temp_path %1$s; fastcgi_temp_path %1$s;
          uwsgi_temp_path %1$s; scgi_temp_path %1$s;
          server { listen %2$d; listen [::]:%2$d; root %1$s; }
        }
        """
            .formatted(pages, CATALOG_PORT));
    catalogPod
        .program("nginx", "-c", nginx.toString())
        .start()
        .await(Readiness.listening(CATALOG_PORT));
    cartPod
        .program("nghttpd", "--no-tls", "-d", pages.toString(), Integer.toString(CART_PORT))
        .start()
        .await(Readiness.listening(CART_PORT));
    ledgerPod
        .program(
            "redis-server",
            "--port",
            Integer.toString(LEDGER_PORT),
            "--bind",
            "0.0.0.0",
            "::",
            "--protected-mode",
            "no",
            "--save",
            "")
        .directory(pages)
        .start()
        .await(Readiness.listening(LEDGER_PORT));
    return new Shop(frontend, intruder, catalog);
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Pod frontend() {
    return frontend;
  }

  Pod intruder() {
    return intruder;
  }

  /** The catalog's own view of who asked: the last line of its access log. */
  static String lastVisitor(Lab lab) {
    try {
      return Files.readAllLines(lab.directory("shop").resolve("access.log"))
          .getLast()
          .split(" ", 2)[0];
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  KubeService catalog() {
    return catalog;
  }

  static Command.Output askCatalog(Pod client) {
    return client.tryExec(
        LIMIT, "curl", "-sS", "--noproxy", "*", "--max-time", "5", "http://catalog.shop/");
  }

  static Command.Output askCart(Pod client) {
    return client.tryExec(LIMIT, "nghttp", "-v", "--timeout=5", "http://cart.shop/");
  }

  static Command.Output askLedger(Pod client) {
    return client.tryExec(LIMIT, "redis-cli", "-h", "ledger.shop", "incr", "orders");
  }
}
