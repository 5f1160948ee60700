package dev.sluice.cli.bench.watch;

import dev.sluice.cli.machine.Proc;
import dev.sluice.linux.Instruments;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Takes readings. For one thread. */
public final class Meter implements AutoCloseable {
    private static final long TICK_NANOS = 10_000_000; // USER_HZ is 100 in all that /proc tells, time(7)
    private static final int UTIME = 11; // behind the name
    private static final int STIME = 12;

    private final Proc proc;
    private final Instruments instruments = Instruments.open();

    public Meter(Proc proc) {
        this.proc = proc;
    }

    /** A reading now. */
    public Reading read(Watched watched) {
        long[] ticks = new long[2];
        Map<Long, Long> switches = new HashMap<>();
        for (long pid : watched.measured()) {
            ticks(pid, ticks);
            switches(pid, switches);
        }
        long measured = cpu(watched.measured());
        return new Reading(
                measured,
                ticks[0],
                ticks[1],
                switches,
                machine(),
                measured + cpu(watched.bench()),
                cpu(watched.client()),
                cpu(watched.server()));
    }

    private long cpu(List<Long> pids) {
        long sum = 0;
        for (long pid : pids) {
            sum += Math.max(0, instruments.cpuNanos(pid));
        }
        return sum;
    }

    /** proc_pid_stat(5): the name in it may contain anything, a parenthesis too. */
    private void ticks(long pid, long[] sum) {
        String stat = proc.text(pid + "/stat");
        if (stat != null) {
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            sum[0] += Long.parseLong(fields[UTIME]);
            sum[1] += Long.parseLong(fields[STIME]);
        }
    }

    private void switches(long pid, Map<Long, Long> into) {
        for (long thread : Tasks.of(proc, pid)) {
            String status = proc.text(pid + "/task/" + thread + "/status");
            long sum = 0;
            for (String line : status == null ? new String[0] : status.split("\n", -1)) {
                if (line.contains("voluntary_ctxt_switches:")) { // both kinds
                    sum += Long.parseLong(line.substring(line.indexOf(':') + 1).strip());
                }
            }
            into.put(thread, sum);
        }
    }

    /** proc_stat(5): user, nice, system, irq, softirq of all CPUs. */
    private long machine() {
        String stat = proc.text("stat");
        if (stat == null) {
            return 0;
        }
        long[] fields = Arrays.stream(stat.substring(0, stat.indexOf('\n')).split(" +", -1))
                .skip(1)
                .mapToLong(Long::parseLong)
                .toArray();
        return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) * TICK_NANOS;
    }

    /** Resident memory of the processes, bytes. */
    public long resident(List<Long> pids) {
        long sum = 0;
        for (long pid : pids) {
            String status = proc.text(pid + "/status");
            for (String line : status == null ? new String[0] : status.split("\n", -1)) {
                if (line.startsWith("VmRSS:")) {
                    sum += Long.parseLong(line.replaceAll("\\D", "")) << 10;
                }
            }
        }
        return sum;
    }

    @Override
    public void close() {
        instruments.close();
    }
}
