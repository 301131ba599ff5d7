@NullMarked
package dev.groundmesh.lab.capture;

import org.jspecify.annotations.NullMarked;
