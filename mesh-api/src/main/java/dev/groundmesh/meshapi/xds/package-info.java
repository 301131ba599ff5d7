/** The client of delta ADS: subscriptions, acknowledgements, reconnects. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.meshapi.xds;
