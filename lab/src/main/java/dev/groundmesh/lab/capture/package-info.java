/** What crossed a wire: captures by tcpdump, read back and put together per TCP direction. */
@NullMarked
package dev.groundmesh.lab.capture;

import org.jspecify.annotations.NullMarked;
