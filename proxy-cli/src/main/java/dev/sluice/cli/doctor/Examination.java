package dev.sluice.cli.doctor;

import dev.sluice.cli.machine.PipeLimits;
import dev.sluice.cli.machine.Proc;
import dev.sluice.cli.text.Units;
import dev.sluice.proxy.config.BusyPoll;
import dev.sluice.proxy.cpu.Placement;
import dev.sluice.proxy.cpu.SpinAdvice;

/** What the kernel's settings mean for a proxy, in words. Reads through {@link Proc} only. */
final class Examination {
    private static final int CAP_NET_BIND_SERVICE = 10;
    private static final int CAP_SYS_ADMIN = 21;
    private static final int CAP_SYS_RESOURCE = 24;

    /** What the process needs before the first session: files of the JVM, loops, listeners. */
    private static final int DESCRIPTORS_AT_START = 32;

    private static final int DESCRIPTORS_OF_A_SESSION = 2;
    private static final int DESCRIPTORS_IN_FLIGHT = 4;
    private static final int BACKLOG = 4096;

    private final Proc proc;
    private final Report report;

    Examination(Proc proc, Report report) {
        this.proc = proc;
        this.report = report;
    }

    /**
     * @param size bytes asked for each pipe
     */
    void pipes(PipeLimits limits, int size) {
        String granted = Units.formatSize(limits.granted(size));
        String max = "fs.pipe-max-size is " + Units.formatSize(limits.maxSize());
        if (limits.allows(size)) {
            report.ok(
                    "pipe size",
                    granted + " is granted: " + max
                            + (limits.sizeExempt() ? ", which does not bind this process" : ""));
        } else {
            report.warn(
                    "pipe size",
                    Units.formatSize(limits.rounded(size)) + " is refused, pipes stay at " + granted + ": " + max
                            + " without CAP_SYS_RESOURCE");
        }
        pages(limits, limits.granted(size));
    }

    private void pages(PipeLimits limits, long size) {
        String sum = limits.softPages() + " pages / " + size / limits.pageSize() + " pages of a "
                + Units.formatSize(size) + " pipe = ";
        long pipes = limits.pipes(size);
        long others = limits.unprivileged().pipes(size);
        if (others == Long.MAX_VALUE) {
            report.ok("pipe pages", "no limit: fs.pipe-user-pages-soft and -hard are 0");
        } else if (limits.pagesExempt()) {
            report.ok(
                    "pipe pages",
                    "no limit for a process with CAP_SYS_RESOURCE or CAP_SYS_ADMIN, as this one",
                    "(without them, fs.pipe-user-pages-soft: " + sum + others + " pipes)");
        } else {
            report.warn(
                    "pipe pages",
                    "fs.pipe-user-pages-soft: " + sum + pipes + " pipes, for all processes of this uid together",
                    "a session needs a pipe for each direction, and only while bytes are in flight: " + pipes / 2
                            + " sessions at a time both ways",
                    "beyond that sessions are copied instead; a smaller --pipe-size or a higher limit gives more");
        }
    }

    /** What {@code busy-poll: auto} does here, with one loop for each core. */
    static void spinning(Report report, SpinAdvice advice) {
        if (advice.atOnce() == 0) {
            report.ok("busy-poll", "auto never spins here: " + advice.reason());
        } else {
            report.ok(
                    "busy-poll",
                    "auto spins for up to " + Units.format(BusyPoll.AUTO.most()) + " where waits are short: "
                            + advice.reason(),
                    "the core that a loop spins on counts as used; busy-poll 0 turns it off");
        }
    }

    /** What {@code pin: auto} does here, with one loop for each core. */
    static void pinning(Report report, Placement placement) {
        report.ok("pin", "auto pins " + (placement.cpus().isEmpty() ? "nothing here: " : "") + placement.reason());
    }

    /**
     * @param soft RLIMIT_NOFILE
     * @param hard RLIMIT_NOFILE
     */
    void files(long soft, long hard) {
        String limit = "soft " + limit(soft) + ", hard " + limit(hard) + " (the JVM raises soft to hard)";
        String fit = "2 a session and 4 more with bytes in flight both ways: " + limit(sessions(hard, false))
                + " sessions, " + limit(sessions(hard, true)) + " of them in flight at a time";
        if (hard < BACKLOG) {
            report.warn("descriptors", limit, fit);
        } else {
            report.ok("descriptors", limit, fit);
        }
    }

    /** How many sessions fit a limit of descriptors. */
    static long sessions(long descriptors, boolean inFlight) {
        if (descriptors == Long.MAX_VALUE) {
            return Long.MAX_VALUE;
        }
        int each = DESCRIPTORS_OF_A_SESSION + (inFlight ? DESCRIPTORS_IN_FLIGHT : 0);
        return Math.max(0, descriptors - DESCRIPTORS_AT_START) / each;
    }

    private static String limit(long value) {
        return value == Long.MAX_VALUE ? "unlimited" : Long.toString(value);
    }

    void capabilities() {
        long effective = proc.capabilities();
        report.ok(
                "capabilities",
                "CAP_NET_BIND_SERVICE " + held(effective, CAP_NET_BIND_SERVICE) + ", CAP_SYS_RESOURCE "
                        + held(effective, CAP_SYS_RESOURCE) + ", CAP_SYS_ADMIN " + held(effective, CAP_SYS_ADMIN));
        long start = proc.number("sys/net/ipv4/ip_unprivileged_port_start", 1024);
        boolean any = start <= 1 || has(effective, CAP_NET_BIND_SERVICE);
        report.ok(
                "low ports",
                any
                        ? "may listen on any port (net.ipv4.ip_unprivileged_port_start is " + start + ")"
                        : "may listen on ports from " + start
                                + " on; lower ones need CAP_NET_BIND_SERVICE or a lower"
                                + " net.ipv4.ip_unprivileged_port_start");
    }

    private static boolean has(long capabilities, int bit) {
        return (capabilities >>> bit & 1) == 1;
    }

    private static String held(long capabilities, int bit) {
        return has(capabilities, bit) ? "yes" : "no";
    }

    void network() {
        long backlog = proc.number("sys/net/core/somaxconn", BACKLOG);
        if (backlog < BACKLOG) {
            report.warn(
                    "backlog",
                    "net.core.somaxconn " + backlog + ": bursts of more connections are dropped (default 4096)");
        } else {
            report.ok("backlog", "net.core.somaxconn " + backlog);
        }
        String congestion = proc.text("sys/net/ipv4/tcp_congestion_control");
        report.ok(
                "congestion",
                "net.ipv4.tcp_congestion_control " + (congestion == null ? "unknown" : congestion)
                        + ("bbr".equals(congestion) ? ": it paces, which costs CPU on loopback; cubic halves it" : ""));
        String range = proc.text("sys/net/ipv4/ip_local_port_range");
        String[] ends = range == null ? new String[0] : range.split("\\s+");
        if (ends.length == 2) {
            long ports = Long.parseLong(ends[1]) - Long.parseLong(ends[0]) + 1;
            report.ok(
                    "local ports",
                    "net.ipv4.ip_local_port_range " + ends[0] + " to " + ends[1] + ": at most " + ports
                            + " sessions at a time to one address and port of an upstream",
                    "a port whose connection the proxy closed first rests for a minute (TIME_WAIT)");
        }
    }
}
