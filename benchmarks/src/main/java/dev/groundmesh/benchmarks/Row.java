package dev.groundmesh.benchmarks;

import java.util.OptionalDouble;

/**
 * A line of the result.
 *
 * @param benchCase the case, its mode included: {@code pinned/iperf3-1}
 * @param runs repetitions that count
 * @param ratioToDirect median over the median of direct in the same case; empty where direct has
 *     none
 */
public record Row(
    String benchCase,
    String metric,
    String unit,
    String subject,
    double median,
    double min,
    double max,
    int runs,
    OptionalDouble ratioToDirect) {}
