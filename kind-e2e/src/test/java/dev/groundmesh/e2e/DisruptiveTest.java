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
 * Tests that break parts of the mesh or of the cluster, and therefore run alone; each leaves both
 * whole.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("cluster")
@Timeout(900)
@ExtendWith(SceneExtension.class)
@ResourceLock(value = EndToEndTest.MESH, mode = ResourceAccessMode.READ_WRITE)
@interface DisruptiveTest {}
