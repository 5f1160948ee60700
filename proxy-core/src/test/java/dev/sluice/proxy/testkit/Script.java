package dev.sluice.proxy.testkit;

import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What happens to the calls that a proxy's loops make: they are counted, and go through to the machine unless a rule says
 * otherwise. One script serves all loops of a proxy.
 */
@SuppressWarnings("EnumOrdinal") // places in arrays that never leave this class
public final class Script {
    /** Decides on every call, on the loops' threads. */
    public interface Rule {
        /**
         * What the call gets.
         *
         * @param count how often the loops have made this call, this time included
         * @param fd the descriptor that it is about, the socket in case of a splice; −1 for none
         * @return null to let it through
         */
        @Nullable
        Fault decide(Call call, long count, int fd);
    }

    /** Sees every answer, on the loops' threads. */
    public interface Witness {
        void returned(Call call, int fd, long result);
    }

    private final AtomicLongArray counts = new AtomicLongArray(Call.values().length);
    private final AtomicLongArray faults = new AtomicLongArray(Call.values().length);
    private volatile @Nullable Rule rule;
    private volatile @Nullable Witness witness;
    private volatile int pageSize;

    /** Kernels for a proxy: under this script on the loops' threads, plain elsewhere. */
    public Kernel kernel() {
        LinuxKernel real = LinuxKernel.open();
        return Thread.currentThread().getName().startsWith("sluice-loop") ? new ScriptedKernel(real, this) : real;
    }

    public void rule(@Nullable Rule next) {
        rule = next;
    }

    public void witness(@Nullable Witness next) {
        witness = next;
    }

    /** What the machine is said to have as the size of a page, bytes; 0 = what it has. */
    public void pageSize(int bytes) {
        pageSize = bytes;
    }

    int pageSize() {
        return pageSize;
    }

    /** One fault, at the k-th call from now. */
    public void once(Call call, long k, Fault fault) {
        long at = count(call) + k;
        rule((c, count, fd) -> c == call && count == at ? fault : null);
    }

    /** The same fault at every call. */
    public void always(Call call, Fault fault) {
        rule((c, count, fd) -> c == call ? fault : null);
    }

    /** The real thing again. */
    public void clear() {
        rule(null);
    }

    public long count(Call call) {
        return counts.get(call.ordinal());
    }

    /** All calls so far. */
    public long total() {
        return Arrays.stream(Call.values()).mapToLong(this::count).sum();
    }

    /** Faults so far. */
    public long faults() {
        return Arrays.stream(Call.values()).mapToLong(this::faults).sum();
    }

    public long faults(Call call) {
        return faults.get(call.ordinal());
    }

    @Nullable
    public Fault next(Call call, int fd) {
        long count = counts.incrementAndGet(call.ordinal());
        Rule now = rule;
        Fault fault = now == null ? null : now.decide(call, count, fd);
        if (fault != null) {
            faults.incrementAndGet(call.ordinal());
        }
        return fault;
    }

    public void returned(Call call, int fd, long result) {
        Witness now = witness;
        if (now != null) {
            now.returned(call, fd, result);
        }
    }

    @Override
    public String toString() {
        return Arrays.stream(Call.values())
                .filter(call -> count(call) > 0)
                .map(call -> call + "=" + count(call))
                .collect(Collectors.joining(" "));
    }
}
