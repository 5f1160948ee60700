package dev.sluice.cli.file;

import java.util.Collection;

/** What somebody may have meant. */
final class Spelling {
    private static final int MOST_TO_LIST = 12;
    /** Among more of them nothing is looked for: a file may have thousands of names, and as many mistakes. */
    static final int MOST_TO_COMPARE = 500;

    private Spelling() {}

    /** {@code ; did you mean 'x'?}, or else which there are. */
    static String hint(String word, Collection<String> known) {
        String nearest = known.size() > MOST_TO_COMPARE ? "" : nearest(word, known);
        if (!nearest.isEmpty()) {
            return "; did you mean '" + nearest + "'?";
        }
        if (known.isEmpty()) {
            return "; there is none";
        }
        String names = String.join(", ", known.stream().limit(MOST_TO_LIST).toList());
        return "; expected " + (known.size() > 1 ? "one of " : "") + names + (known.size() > MOST_TO_LIST ? " …" : "");
    }

    private static String nearest(String word, Collection<String> known) {
        String nearest = "";
        int best = Math.max(1, word.length() / 3) + 1;
        for (String candidate : known.stream().sorted().toList()) {
            // Only what is about as long can be near; and the file may have very long words.
            if (Math.abs(candidate.length() - word.length()) < best) {
                int distance = distance(word, candidate);
                if (distance < best) {
                    best = distance;
                    nearest = candidate;
                }
            }
        }
        return nearest;
    }

    /** Letters to insert, remove or replace (Levenshtein). */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
