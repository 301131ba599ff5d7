package dev.groundmesh.nodeagent.kernel.bpf;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.ebpf.EbpfObject;
import dev.groundmesh.nodeagent.kernel.KernelException;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class BpfObjectNetnsTest {
  @Test
  void aTruncatedObjectIsRefusedInLibbpfsWords() {
    byte[] half = Arrays.copyOf(EbpfObject.POD.read(), 1000);

    assertThatThrownBy(() -> BpfObject.open("half", half))
        .isInstanceOf(KernelException.class)
        .hasMessageContaining("open eBPF object half")
        .hasMessageContaining("libbpf: ");
  }

  @Test
  void aProgramThatTheVerifierRefusesIsRefusedInItsWords() throws KernelException {
    byte[] broken = withoutReturnValue(EbpfObject.POD.read());

    try (BpfObject object = BpfObject.open("broken", broken)) {
      assertThatThrownBy(object::load)
          .isInstanceOf(KernelException.class)
          .hasMessageContaining("load eBPF object broken")
          .hasMessageContaining("processed ");
    }
  }

  /**
   * Replaces the first moves of a register into r0 by ones of a register that was never written.
   */
  private static byte[] withoutReturnValue(byte[] elf) {
    byte[] broken = elf.clone();
    for (int i = 64; i + 8 <= broken.length; i += 8) {
      // mov32 r0, r?  and  mov32 r0, imm
      if ((broken[i] == (byte) 0xbc || broken[i] == (byte) 0xb4) && (broken[i + 1] & 0xf) == 0) {
        broken[i] = (byte) 0xbc;
        broken[i + 1] = (byte) 0x50;
      }
    }
    return broken;
  }
}
