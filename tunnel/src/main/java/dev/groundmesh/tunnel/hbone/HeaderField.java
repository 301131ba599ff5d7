package dev.groundmesh.tunnel.hbone;

/**
 * One header of a CONNECT request or of its response.
 *
 * @param name lower case
 * @param value without leading or trailing blanks
 */
public record HeaderField(String name, String value) {}
