package dev.groundmesh.meshapi.control;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Adds to each call who the caller is. */
final class CallCredentialsInterceptor implements ClientInterceptor {
  /** A token is a few kilobytes; what is longer is not a token. Bytes. */
  private static final long MAX_TOKEN = 64 * 1024;

  private final ControlPlaneSettings settings;

  CallCredentialsInterceptor(ControlPlaneSettings settings) {
    this.settings = settings;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
      @Override
      public void start(Listener<R> listener, Metadata headers) {
        addTo(headers);
        super.start(listener, headers);
      }
    };
  }

  private void addTo(Metadata headers) {
    headers.put(ControlPlaneMethods.CLUSTER_ID, settings.clusterId());
    for (Map.Entry<String, String> header : settings.headers().entrySet()) {
      headers.put(
          Metadata.Key.of(header.getKey(), Metadata.ASCII_STRING_MARSHALLER), header.getValue());
    }
    Path token = settings.token();
    if (token != null) {
      headers.put(ControlPlaneMethods.AUTHORIZATION, "Bearer " + read(token));
    }
  }

  private static String read(Path token) {
    try {
      if (Files.size(token) > MAX_TOKEN) {
        throw new IOException("longer than " + MAX_TOKEN + " bytes");
      }
      String text = Files.readString(token).strip();
      if (text.isEmpty()) {
        throw new IOException("empty");
      }
      return text;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "token file: " + token + ": " + e + " (expected: a service account token)", e);
    }
  }
}
