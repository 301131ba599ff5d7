package dev.groundmesh.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.lab.process.Cgroup;
import dev.groundmesh.lab.process.ClassPath;
import dev.groundmesh.lab.process.JavaCommand;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class LeftoversNetnsTest {
  /** A JVM with a lab of its own, for others to end. */
  public static final class Owner {
    private Owner() {}

    public static void main(String[] args) throws InterruptedException {
      Lab lab = Lab.open("victim");
      Node node = lab.node("node-a");
      Pod pod = node.pod("shop/web").start();
      Path bpf = node.bpfFileSystem();
      long pid = pod.program("sleep", "1000").start().pid();
      System.out.println(lab.id() + " " + pid + " " + bpf);
      Thread.sleep(100_000);
    }
  }

  private record Victim(Process process, RunId id, Path program, Path bpf) {
    static Victim start() throws Exception {
      Process process =
          new ProcessBuilder(JavaCommand.tool(ClassPath.ofThisJvm(), Owner.class.getName()).line())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      String line =
          new BufferedReader(
                  new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
              .readLine();
      String[] words = line.split(" ", -1);
      return new Victim(
          process,
          RunId.of(words[0]).orElseThrow(),
          Path.of("/proc", words[1], "cmdline"),
          Path.of(words[2]));
    }

    void assertLeftNothing() throws Exception {
      assertThat(Leftovers.NETNS.resolve(id + "-node-a")).doesNotExist();
      assertThat(Leftovers.NETNS.resolve(id + "-shop-web")).doesNotExist();
      assertThat(Cgroup.root().path().resolve(id.toString())).doesNotExist();
      assertThat(Lab.BASE.resolve(id.toString())).doesNotExist();
      assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain(id.toString());
      assertThat(Files.exists(program) ? Files.readString(program) : "").isEmpty();
    }
  }

  @Test
  void aKilledRunIsRemovedByTheNext() throws Exception {
    Victim victim = Victim.start();
    assertThat(Leftovers.NETNS.resolve(victim.id() + "-shop-web")).exists();

    victim.process().destroyForcibly().waitFor();
    Lab.removeLeftovers();

    victim.assertLeftNothing();
  }

  @Test
  void aLivingLabIsLeftAlone() throws Exception {
    Victim victim = Victim.start();

    Lab.removeLeftovers();

    assertThat(Leftovers.NETNS.resolve(victim.id() + "-shop-web")).exists();
    victim.process().destroy();
    assertThat(victim.process().waitFor(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aLabEndsWithItsJvm() throws Exception {
    Victim victim = Victim.start();

    victim.process().destroy();
    assertThat(victim.process().waitFor(20, TimeUnit.SECONDS)).isTrue();

    victim.assertLeftNothing();
  }
}
