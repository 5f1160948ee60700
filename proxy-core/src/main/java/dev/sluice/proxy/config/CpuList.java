package dev.sluice.proxy.config;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers of CPUs as taskset(1) and the kernel write them: {@code 0,2-3} (cpuset(7), list format). */
public final class CpuList {
    /** The highest number there may be. */
    public static final int MAX = 1023;

    private static final Pattern PART = Pattern.compile("([0-9]{1,4})(?:-([0-9]{1,4}))?");

    private CpuList() {}

    /**
     * Reads a list; what is written first comes first.
     *
     * @throws IllegalArgumentException with the text, what is wrong with it and what would be right
     */
    public static List<Integer> parse(String text) {
        List<Integer> cpus = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            Matcher range = PART.matcher(part);
            if (!range.matches()) {
                throw new IllegalArgumentException("'" + text + "' is no list of CPUs such as 0,2-3");
            }
            int first = Integer.parseInt(range.group(1));
            int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
            if (last < first || last > MAX) {
                throw new IllegalArgumentException(
                        "'" + text + "' has CPUs that cannot be: " + part + "; 0 to " + MAX + ", the lower one first");
            }
            for (int cpu = first; cpu <= last; cpu++) {
                cpus.add(cpu);
            }
        }
        return cpus;
    }

    /** Some of them in a sentence: {@code CPU 3}, {@code CPUs 0-1}. */
    public static String words(List<Integer> cpus) {
        return (cpus.size() == 1 ? "CPU " : "CPUs ") + format(cpus);
    }

    /** Writes what {@link #parse} reads. */
    public static String format(List<Integer> cpus) {
        StringBuilder text = new StringBuilder();
        for (int first = 0, last; first < cpus.size(); first = last + 1) {
            last = first;
            while (last + 1 < cpus.size() && cpus.get(last + 1) == cpus.get(last) + 1) {
                last++;
            }
            text.append(first == 0 ? "" : ",").append(cpus.get(first));
            if (last > first) {
                text.append('-').append(cpus.get(last));
            }
        }
        return text.toString();
    }
}
