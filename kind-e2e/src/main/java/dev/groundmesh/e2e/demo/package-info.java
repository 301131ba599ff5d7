/** The demo on a real cluster: what a user does, with each claim checked. */
@NullMarked
package dev.groundmesh.e2e.demo;

import org.jspecify.annotations.NullMarked;
