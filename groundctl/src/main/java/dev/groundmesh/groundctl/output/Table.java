package dev.groundmesh.groundctl.output;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Rows under headings, each column as wide as its widest cell. */
public final class Table {
  private static final String GAP = "  ";

  /** A cell and what it means. */
  public record Cell(String text, Style style) {
    /** A cell without meaning of its own; {@code -} where there is nothing to show. */
    public static Cell of(Object value) {
      String text = String.valueOf(value);
      return new Cell(text.isEmpty() || text.equals("null") ? "-" : text, Style.PLAIN);
    }
  }

  private final List<String> headings;
  private final List<List<Cell>> rows = new ArrayList<>();

  public Table(String... headings) {
    this.headings = List.of(headings);
  }

  /**
   * Adds a row.
   *
   * @param cells one for each heading: a {@link Cell}, or anything whose text is one
   */
  public Table row(Object... cells) {
    if (cells.length != headings.size()) {
      throw new IllegalArgumentException(
          "cells: " + cells.length + " (expected: " + headings.size() + ")");
    }
    List<Cell> row = new ArrayList<>();
    for (Object cell : cells) {
      row.add(cell instanceof Cell made ? made : Cell.of(cell));
    }
    rows.add(row);
    return this;
  }

  /** Prints headings and rows, or a word where there are none. */
  public void print(PrintWriter out, boolean colours) {
    if (rows.isEmpty()) {
      out.println(Style.FAINT.apply("none", colours));
      return;
    }
    int[] widths = new int[headings.size()];
    for (int column = 0; column < widths.length; column++) {
      widths[column] = headings.get(column).length();
      for (List<Cell> row : rows) {
        widths[column] = Math.max(widths[column], row.get(column).text().length());
      }
    }
    out.println(
        line(
            headings.stream().map(heading -> new Cell(heading, Style.HEADING)).toList(),
            widths,
            colours));
    rows.forEach(row -> out.println(line(row, widths, colours)));
  }

  private static String line(List<Cell> cells, int[] widths, boolean colours) {
    int last = cells.size() - 1;
    List<String> padded = new ArrayList<>();
    for (int column = 0; column <= last; column++) {
      Cell cell = cells.get(column);
      String padding = column == last ? "" : " ".repeat(widths[column] - cell.text().length());
      padded.add(cell.style().apply(cell.text(), colours) + padding);
    }
    return padded.stream().collect(Collectors.joining(GAP));
  }
}
