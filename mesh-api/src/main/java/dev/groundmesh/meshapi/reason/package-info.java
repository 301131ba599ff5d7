/**
 * Why connections and configuration are refused: one stable code each, used alike in logs, metrics,
 * status and answers.
 */
@NullMarked
package dev.groundmesh.meshapi.reason;

import org.jspecify.annotations.NullMarked;
