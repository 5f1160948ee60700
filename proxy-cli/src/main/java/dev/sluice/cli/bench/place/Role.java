package dev.sluice.cli.bench.place;

/** The three parts of a benchmark. */
public enum Role {
    CLIENT,
    PROXY,
    SERVER
}
