package dev.sluice.cli.yaml;

import dev.sluice.cli.common.SmallFile;
import java.io.IOException;
import java.nio.CharBuffer;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What stands for something else in a value, also in a part of one:
 *
 * <pre>
 *   ${NAME}            the environment variable NAME, which must be set and not empty
 *   ${NAME:-default}   the same, or the default
 *   ${file:/path}      the text of a file (64 KiB at most, UTF-8) without the line feed at its end
 *   $${                a plain ${
 * </pre>
 *
 * What was put in is not looked at again.
 */
public final class Substitution {
    static final int MOST_BYTES = 64 << 10;

    private static final String OPEN = "${";
    private static final String PLAIN = "$${";
    private static final String EXPECTED = "; expected ${NAME}, ${NAME:-default} or ${file:/path}; $${ is a plain ${";
    private static final Pattern VARIABLE = Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", Pattern.DOTALL);
    private static final String FILE = "file:";

    /**
     * A value as it counts.
     *
     * @param fromFile whether something of it comes from a file: then it may be a secret, and no message shows it
     */
    public record Text(String value, boolean fromFile) {}

    private final Map<String, String> environment;

    public Substitution(Map<String, String> environment) {
        this.environment = environment;
    }

    /**
     * Puts in what the text asks for.
     *
     * @throws IllegalArgumentException with what is wrong and what would be right
     */
    public Text apply(String text) {
        if (!text.contains(OPEN)) {
            return new Text(text, false);
        }
        StringBuilder out = new StringBuilder();
        boolean fromFile = false;
        int i = 0;
        while (i < text.length()) {
            if (text.startsWith(PLAIN, i)) {
                out.append(OPEN);
                i += PLAIN.length();
            } else if (text.startsWith(OPEN, i)) {
                int end = text.indexOf('}', i);
                if (end < 0) {
                    throw new IllegalArgumentException("'" + text.substring(i) + "' has no closing brace" + EXPECTED);
                }
                String inner = text.substring(i + OPEN.length(), end);
                fromFile |= inner.startsWith(FILE);
                out.append(inner.startsWith(FILE) ? file(inner.substring(FILE.length())) : variable(inner));
                i = end + 1;
            } else {
                out.append(text.charAt(i));
                i++;
            }
        }
        return new Text(out.toString(), fromFile);
    }

    /** The text that {@link #apply} makes this of. */
    public static String escaped(String text) {
        return text.replace(OPEN, PLAIN);
    }

    private String variable(String inner) {
        Matcher words = VARIABLE.matcher(inner);
        if (!words.matches()) {
            throw new IllegalArgumentException("'${" + inner + "}' names no variable" + EXPECTED);
        }
        String value = environment.getOrDefault(words.group(1), "");
        if (!value.isEmpty()) {
            return value;
        }
        if (words.group(2) == null) {
            throw new IllegalArgumentException("the variable " + words.group(1) + " is not set; set it, or write ${"
                    + words.group(1) + ":-default}");
        }
        return words.group(2);
    }

    private static String file(String name) {
        String what = "'${file:" + name + "}': ";
        if (!name.startsWith("/")) {
            throw new IllegalArgumentException(what + "expected an absolute path");
        }
        byte[] bytes;
        try {
            bytes = SmallFile.read(FileText.path(name), MOST_BYTES);
        } catch (IOException e) {
            throw new IllegalArgumentException(what + "the file " + e.getMessage(), e);
        }
        CharBuffer chars = CharBuffer.allocate(bytes.length);
        if (!FileText.decode(bytes, chars)) {
            throw new IllegalArgumentException(what + "the file is no text in UTF-8");
        }
        String text = chars.flip().toString();
        int end = text.endsWith("\r\n") ? text.length() - 2 : text.endsWith("\n") ? text.length() - 1 : text.length();
        return text.substring(0, end);
    }
}
