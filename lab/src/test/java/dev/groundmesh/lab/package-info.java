@NullMarked
package dev.groundmesh.lab;

import org.jspecify.annotations.NullMarked;
