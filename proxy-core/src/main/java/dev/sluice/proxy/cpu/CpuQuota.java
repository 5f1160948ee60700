package dev.sluice.proxy.cpu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The CPU quotas of this process: those of its control group and of every one around it that can be seen. Version 2 has them in
 * {@code cpu.max}, version 1 in {@code cpu.cfs_quota_us}. What cannot be read is no quota.
 */
public final class CpuQuota {
    private static final int MOUNT_ROOT = 3;
    private static final int MOUNT_POINT = 4;
    private static final int MOUNT_FIELDS = 6;

    /**
     * What is known at a moment.
     *
     * @param cores the lowest quota, in cores; infinite without one
     * @param throttled how often somebody was stopped since a quota was used up, since ever
     * @param usedNanos CPU time of all of the group with the lowest quota, since ever; −1 where it is not known
     */
    public record Reading(double cores, long throttled, long usedNanos) {
        public boolean isLimited() {
            return cores < Double.POSITIVE_INFINITY;
        }
    }

    /** Own group first. */
    private final List<Path> groups;

    private CpuQuota(List<Path> groups) {
        this.groups = groups;
    }

    /** Of this process. */
    public static CpuQuota ofProcess() {
        return of(Path.of("/proc/self"));
    }

    /**
     * @param process a folder with the files {@code cgroup} and {@code mountinfo}, as proc(5) has them
     */
    static CpuQuota of(Path process) {
        String cgroup = text(process.resolve("cgroup"));
        String mounts = text(process.resolve("mountinfo"));
        List<Path> groups = new ArrayList<>();
        for (String line : lines(cgroup)) {
            String[] parts = line.split(":", 3); // number:controllers:path
            boolean second = parts.length == 3 && parts[0].equals("0") && parts[1].isEmpty();
            if (parts.length == 3 && (second || hasWord(parts[1], "cpu"))) {
                addGroups(groups, mounts, second, parts[2]);
            }
        }
        return new CpuQuota(List.copyOf(groups));
    }

    /** The group and those around it, as far as they are below where the hierarchy is mounted. */
    private static void addGroups(List<Path> groups, @Nullable String mounts, boolean second, String path) {
        for (String line : lines(mounts)) {
            int separator = line.indexOf(" - ");
            String[] fields = line.split(" ", MOUNT_FIELDS);
            String[] of = separator < 0
                    ? new String[0]
                    : line.substring(separator + 3).split(" ", 3); // type, source, options
            if (fields.length < MOUNT_FIELDS || of.length < 3) {
                continue;
            }
            if (second ? !of[0].equals("cgroup2") : !(of[0].equals("cgroup") && hasWord(of[2], "cpu"))) {
                continue;
            }
            Path mounted = Path.of(fields[MOUNT_POINT]);
            String root = fields[MOUNT_ROOT];
            // A container may see its own group as the root of a mount, and the path as it is outside.
            String below = root.equals("/") ? path : path.startsWith(root) ? path.substring(root.length()) : "";
            Path group = mounted.resolve(below.replaceFirst("^/+", "")).normalize();
            for (Path at = group.startsWith(mounted) ? group : mounted;
                    at != null && at.startsWith(mounted);
                    at = at.getParent()) {
                groups.add(at);
            }
            return;
        }
    }

    /** How things stand now. */
    public Reading read() {
        double lowest = Double.POSITIVE_INFINITY;
        long throttled = 0;
        long used = -1;
        for (Path group : groups) {
            double cores = cores(group);
            if (cores == Double.POSITIVE_INFINITY) {
                continue;
            }
            String stat = text(group.resolve("cpu.stat"));
            throttled += Math.max(0, value(stat, "nr_throttled"));
            if (cores < lowest) {
                lowest = cores;
                used = used(group, stat);
            }
        }
        return new Reading(lowest, throttled, used);
    }

    private static double cores(Path group) {
        String max = text(group.resolve("cpu.max")); // "max 100000" or "50000 100000"
        String quota = max == null ? text(group.resolve("cpu.cfs_quota_us")) : max.split(" ", 2)[0];
        String period = max == null ? text(group.resolve("cpu.cfs_period_us")) : max.substring(max.indexOf(' ') + 1);
        double q = number(quota);
        double p = number(period);
        return q > 0 && p > 0 ? q / p : Double.POSITIVE_INFINITY; // −1 and "max": none
    }

    private static long used(Path group, @Nullable String stat) {
        long micros = value(stat, "usage_usec");
        return micros >= 0
                ? micros * 1000
                : number(text(group.resolve("cpuacct.usage"))); // where that is mounted together
    }

    private static long value(@Nullable String stat, String key) {
        for (String line : lines(stat)) {
            if (line.startsWith(key + " ")) {
                return number(line.substring(key.length() + 1));
            }
        }
        return -1;
    }

    private static long number(@Nullable String text) {
        try {
            return text == null ? -1 : Long.parseLong(text);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static boolean hasWord(String list, String word) {
        return Arrays.asList(list.split(",")).contains(word);
    }

    private static List<String> lines(@Nullable String text) {
        return text == null ? List.of() : text.lines().toList();
    }

    private static @Nullable String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1).strip();
        } catch (IOException e) {
            return null;
        }
    }
}
