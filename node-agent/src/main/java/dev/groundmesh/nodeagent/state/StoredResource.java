package dev.groundmesh.nodeagent.state;

import com.google.protobuf.ByteString;

/**
 * One resource as the controller sent it last.
 *
 * @param typeUrl the resource's xDS type
 * @param name the resource's name
 * @param version the version that the controller gave it; may be empty
 * @param body the encoded resource
 */
public record StoredResource(String typeUrl, String name, String version, ByteString body) {}
