/** What outbound and inbound flows share: the services they use and the words they report with. */
@NullMarked
package dev.groundmesh.nodeagent.flow;

import org.jspecify.annotations.NullMarked;
