package dev.sluice.cli.bench.techniques;

import dev.sluice.cli.machine.Proc;
import java.nio.file.Path;
import java.util.BitSet;

/**
 * Which CPU is whose.
 *
 * @param sender number of the sending thread's, −1: not pinned
 * @param others of who feeds and who receives
 */
record Cpus(int sender, int others) {
    static final Cpus UNPINNED = new Cpus(-1, -1);

    /** Two of those that the process may use, not of one core if that can be helped. */
    static Cpus choose() {
        Proc devices = new Proc(Path.of("/sys/devices/system/cpu"));
        String status = Proc.REAL.text("self/status");
        BitSet allowed = new BitSet();
        if (status != null) {
            status.lines()
                    .filter(line -> line.startsWith("Cpus_allowed_list:"))
                    .forEach(line -> allowed.or(parse(line.substring(line.indexOf(':') + 1))));
        }
        int first = allowed.nextSetBit(0);
        int second = first < 0 ? -1 : allowed.nextSetBit(first + 1);
        if (second < 0) {
            return UNPINNED;
        }
        String text = devices.text("cpu" + first + "/topology/thread_siblings_list");
        allowed.andNot(text == null ? new BitSet() : parse(text));
        int apart = allowed.nextSetBit(first + 1);
        return new Cpus(first, apart >= 0 ? apart : second);
    }

    /** A list as the kernel writes it, {@code 0-3,8}; empty when it is not one. */
    static BitSet parse(String list) {
        BitSet cpus = new BitSet();
        try {
            for (String range : list.strip().split(",", -1)) {
                int dash = range.indexOf('-');
                int from = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
                cpus.set(from, (dash < 0 ? from : Integer.parseInt(range.substring(dash + 1))) + 1);
            }
            return cpus;
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            return new BitSet();
        }
    }

    boolean pinned() {
        return sender >= 0;
    }
}
