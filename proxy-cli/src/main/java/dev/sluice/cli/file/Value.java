package dev.sluice.cli.file;

/**
 * What was read of a value.
 *
 * @param value what it means
 * @param tree the same as it would be written, with what was left out
 */
public record Value<T>(T value, Tree tree) {}
