package dev.groundmesh.e2e;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Tests on a real cluster with the mesh installed, safe beside others: each has namespaces of its
 * own, and a parameter {@link Scene} to make them.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("cluster")
@Timeout(300)
@ExtendWith(SceneExtension.class)
@ResourceLock(value = EndToEndTest.MESH, mode = ResourceAccessMode.READ)
@interface EndToEndTest {
  /** The lock of the mesh and of the cluster's own parts. */
  String MESH = "mesh";
}
