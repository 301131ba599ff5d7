package dev.groundmesh.meshapi.control;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoopGroup;

/**
 * The sockets that the control plane is reached by.
 *
 * @param group owned by the caller, and not one that carries traffic
 * @param channels makes TCP channels that fit the group
 */
public record Transport(EventLoopGroup group, ChannelFactory<? extends Channel> channels) {}
