/**
 * The Linux kernel's interfaces that the JDK and Netty do not offer: namespaces, rtnetlink, sysctl,
 * mounts.
 */
@NullMarked
package dev.groundmesh.nodeagent.kernel;

import org.jspecify.annotations.NullMarked;
