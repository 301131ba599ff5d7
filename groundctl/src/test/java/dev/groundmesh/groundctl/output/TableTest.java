package dev.groundmesh.groundctl.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class TableTest {
  private static String printed(Table table, boolean colours) {
    StringWriter text = new StringWriter();
    table.print(new PrintWriter(text, true), colours);
    return text.toString();
  }

  @Test
  void columnsAreAsWideAsTheirWidestCell() {
    Table table = new Table("NAME", "NODE").row("a-long-name", "n1").row("b", "node-2");

    assertThat(printed(table, false))
        .isEqualTo("NAME         NODE\na-long-name  n1\nb            node-2\n");
  }

  @Test
  void coloursDoNotShiftColumns() {
    Table table = new Table("S", "T").row(new Table.Cell("ok", Style.GOOD), "x");

    assertThat(printed(table, true)).contains("\u001b[32mok\u001b[0m  x");
  }

  @Test
  void emptyTableSaysSo() {
    assertThat(printed(new Table("A"), false)).isEqualTo("none\n");
  }

  @Test
  void nothingToShowIsADash() {
    assertThat(printed(new Table("A").row(""), false)).isEqualTo("A\n-\n");
  }

  @Test
  void rowOfAnotherLengthIsRefused() {
    assertThatThrownBy(() -> new Table("A").row("x", "y"))
        .hasMessageContaining("cells: 2 (expected: 1)");
  }
}
