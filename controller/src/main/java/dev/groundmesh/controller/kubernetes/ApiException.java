package dev.groundmesh.controller.kubernetes;

import java.io.IOException;

/** A request that the API server refused; the message names the request and what was said. */
public final class ApiException extends IOException {

  private static final long serialVersionUID = 1;

  public static final int NOT_FOUND = 404;
  public static final int CONFLICT = 409;
  static final int GONE = 410;
  private static final int BAD_REQUEST = 400;
  private static final int FORBIDDEN = 403;
  private static final int UNPROCESSABLE = 422;

  private final int code;

  ApiException(String request, int code, String said) {
    super(request + ": " + code + ' ' + said);
    this.code = code;
  }

  /**
   * Whether it is this object that is not written, whatever becomes of others: what is stored of it
   * is not valid, its namespace is going away, an admission policy is against it.
   */
  boolean isAboutTheObject() {
    return code == BAD_REQUEST || code == FORBIDDEN || code == UNPROCESSABLE;
  }

  /** The HTTP status. */
  public int code() {
    return code;
  }
}
