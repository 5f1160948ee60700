package dev.sluice.cli.bench.lab;

/** The three parts of a benchmark. */
public enum Role {
    CLIENT,
    PROXY,
    SERVER
}
