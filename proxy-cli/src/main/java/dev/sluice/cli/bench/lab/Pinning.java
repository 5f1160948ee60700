package dev.sluice.cli.bench.lab;

import dev.sluice.cli.machine.Proc;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which CPU each part of a measurement runs on; −1: on any.
 *
 * @param subject CPU of what is measured: the proxies under test, which are busy one at a time, or the thread of a technique
 * @param client CPU of what makes the load, or receives it
 * @param server CPU of the load's server: the client's, unless there are three
 * @param why what is to be said about it
 */
public record Pinning(int subject, int client, int server, String why) {
    private static final int ANY = -1;

    /** Nobody is pinned. */
    public static Pinning none(String why) {
        return new Pinning(ANY, ANY, ANY, why);
    }

    /** What suits the CPUs that this process may use. */
    public static Pinning suitable() {
        Path cpus = Path.of("/sys/devices/system/cpu");
        String allowed = allowed(Proc.REAL, "self");
        Proc topology = new Proc(cpus);
        return among(ofCores(
                parse(allowed == null ? "" : allowed), cpu -> topology.text("cpu" + cpu + "/topology/core_cpus_list")));
    }

    /** The CPUs that a process may use, in the words of proc_pid_status(5), such as 0-3,5; null when it is not there. */
    public static @Nullable String allowed(Proc proc, String pid) {
        String status = proc.text(pid + "/status");
        for (String line : status == null ? new String[0] : status.split("\n", -1)) {
            if (line.startsWith("Cpus_allowed_list:")) {
                return line.substring(line.indexOf(':') + 1).strip();
            }
        }
        return null;
    }

    /** Gives out these CPUs, the best ones first. */
    static Pinning among(List<Integer> cpus) {
        if (cpus.size() < 2) {
            return none("not pinned: there is one CPU");
        }
        int subject = cpus.get(0);
        int client = cpus.get(1);
        if (cpus.size() == 2) {
            return new Pinning(
                    subject, client, client, "proxy on CPU " + subject + ", client and server on CPU " + client);
        }
        int server = cpus.get(2);
        return new Pinning(
                subject, client, server, "proxy on CPU " + subject + ", client on " + client + ", server on " + server);
    }

    /** Whether it says of any part where it runs. */
    public boolean isOn() {
        return subject != ANY;
    }

    interface Siblings {
        /** The CPUs of a CPU's core, itself included; null when that is not known. */
        @Nullable
        String of(int cpu);
    }

    /** The same CPUs, with one of each core first: two threads of one core are not two CPUs. */
    static List<Integer> ofCores(List<Integer> cpus, Siblings siblings) {
        List<Integer> first = new ArrayList<>();
        List<Integer> others = new ArrayList<>();
        Set<Integer> taken = new HashSet<>();
        for (int cpu : cpus) {
            (taken.contains(cpu) ? others : first).add(cpu);
            String core = siblings.of(cpu);
            taken.addAll(core == null ? List.of() : parse(core));
        }
        first.addAll(others);
        return first;
    }

    /** Reads a list of numbers such as 0-3,5; nothing from what is none. */
    static List<Integer> parse(String list) {
        List<Integer> numbers = new ArrayList<>();
        for (String part : list.split(",", -1)) {
            String[] ends = part.strip().split("-", 2);
            try {
                int last = Integer.parseInt(ends[ends.length - 1]);
                for (int i = Integer.parseInt(ends[0]); i <= last; i++) {
                    numbers.add(i);
                }
            } catch (NumberFormatException e) {
                return numbers;
            }
        }
        return numbers;
    }
}
