@NullMarked
package dev.groundmesh.lab.process;

import org.jspecify.annotations.NullMarked;
