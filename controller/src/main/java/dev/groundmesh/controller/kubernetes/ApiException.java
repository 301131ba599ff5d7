package dev.groundmesh.controller.kubernetes;

import java.io.IOException;

/** A request that the API server refused; the message names the request and what was said. */
public final class ApiException extends IOException {

  private static final long serialVersionUID = 1;

  public static final int NOT_FOUND = 404;
  public static final int CONFLICT = 409;
  static final int GONE = 410;

  private final int code;

  ApiException(String request, int code, String said) {
    super(request + ": " + code + ' ' + said);
    this.code = code;
  }

  /** The HTTP status. */
  public int code() {
    return code;
  }
}
