package dev.groundmesh.benchmarks;

/**
 * One figure of one repetition.
 *
 * @param metric what was counted, e.g. {@code throughput}
 * @param unit its unit, e.g. {@code Gbit/s}
 */
public record Sample(String metric, String unit, double value) {}
