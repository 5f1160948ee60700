package dev.sluice.cli.yaml;

import dev.sluice.cli.text.OneLine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Everything that is wrong with a file, collected in one pass. */
public final class Problems {
    /** More of them in one file help nobody. */
    static final int MOST = 100;

    private record Problem(Position at, String text) {}

    private final List<Problem> all = new ArrayList<>();

    /**
     * Adds one.
     *
     * @param text what is wrong, and what would be right; it may hold anything that the file holds
     */
    public void add(Position at, String text) {
        all.add(new Problem(at, text));
    }

    public boolean isEmpty() {
        return all.isEmpty();
    }

    public int count() {
        return all.size();
    }

    /** One line for each in the order of the file, {@code FILE:LINE:COLUMN: text}, and one that counts those left out. */
    public List<String> lines(String file) {
        List<String> lines = new ArrayList<>();
        all.stream()
                .sorted(Comparator.comparing(Problem::at))
                .limit(MOST)
                .forEach(problem -> lines.add(line(file, problem)));
        if (all.size() > MOST) {
            lines.add(OneLine.of(file) + ": and " + (all.size() - MOST) + " more problems");
        }
        return lines;
    }

    private static String line(String name, Problem problem) {
        String file = name.isEmpty() ? "''" : name;
        String place = problem.at().equals(Position.FILE)
                ? file
                : file + ":" + problem.at().line() + ":" + problem.at().column();
        return OneLine.of(place + ": " + OneLine.shortened(problem.text()));
    }
}
