package dev.sluice.cli.bench.result;

/** A figure of a round. An operation is a request and its answer, or a connection. */
public enum Metric {
    THROUGHPUT("gib_per_s", "GiB/s"),
    OPERATIONS("ops_per_s", "operations/s"),
    FAILURES("failures", "failed connections"),
    CPU_PER_GIB("cpu_s_per_gib", "CPU s/GiB"),
    CPU_USER_PER_GIB("cpu_user_s_per_gib", "CPU s/GiB, user"),
    CPU_SYSTEM_PER_GIB("cpu_system_s_per_gib", "CPU s/GiB, system"),
    MACHINE_PER_GIB("machine_cpu_s_per_gib", "machine's CPU s/GiB"),
    CPU_PER_OP("cpu_us_per_op", "CPU µs"),
    CPU_USER_PER_OP("cpu_user_us_per_op", "CPU µs, user"),
    CPU_SYSTEM_PER_OP("cpu_system_us_per_op", "CPU µs, system"),
    MACHINE_PER_OP("machine_cpu_us_per_op", "machine's CPU µs"),
    CALLS_PER_MIB("syscalls_per_mib", "system calls/MiB"),
    CALLS_PER_OP("syscalls_per_op", "system calls"),
    SWITCHES_PER_S("context_switches_per_s", "context switches/s"),
    SWITCHES_PER_OP("context_switches_per_op", "context switches"),
    P50("p50_us", "p50 µs"),
    P90("p90_us", "p90 µs"),
    P99("p99_us", "p99 µs"),
    P999("p99_9_us", "p99.9 µs"),
    MAX("max_us", "longest µs"),
    /** Processor time of what makes the load, of the CPU that it has, or of the busier one of two: 0 … 1. */
    GENERATOR_CPU("generator_cpu_part", "generator's part of its CPU"),
    /** Processor time of the proxy, of one CPU: above 1 for one with several threads. */
    PROXY_CPU("proxy_cpu_part", "proxy's part of a CPU"),
    RSS_PER_SESSION("rss_kib_per_session", "KiB/session"),
    /** Processor time of what is no part of the benchmark, of all that there was: 0 … 1. */
    STRANGERS("strangers_cpu_part", "others' part of the machine's CPU");

    private final String key;
    private final String label;

    Metric(String key, String label) {
        this.key = key;
        this.label = label;
    }

    /** What JSON and CSV call it. */
    public String key() {
        return key;
    }

    /** For people, with its unit. */
    public String label() {
        return label;
    }
}
