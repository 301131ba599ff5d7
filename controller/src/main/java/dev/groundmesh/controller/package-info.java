/** The control plane's process: its settings, what it is put together from, and its start. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller;
