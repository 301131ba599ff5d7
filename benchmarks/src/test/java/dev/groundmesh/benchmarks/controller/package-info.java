@NullMarked
package dev.groundmesh.benchmarks.controller;

import org.jspecify.annotations.NullMarked;
