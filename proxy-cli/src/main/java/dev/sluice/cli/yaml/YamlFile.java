package dev.sluice.cli.yaml;

import org.jspecify.annotations.Nullable;

/** Reads a file of YAML. */
public final class YamlFile {
    static final int MOST_BYTES = 1 << 20;

    private YamlFile() {}

    /**
     * Reads the one document of a file of at most 1 MiB.
     *
     * @param problems gets what is wrong, if this returns null
     */
    public static @Nullable Node read(String file, Problems problems) {
        String text = FileText.read(file, MOST_BYTES, problems);
        return text == null ? null : parse(text, problems);
    }

    /** The same, of text. */
    public static @Nullable Node parse(String text, Problems problems) {
        return Composer.compose(text, problems);
    }

    /** Whether a plain value is text, and not a number or the like. */
    public static boolean isText(String plain) {
        return Composer.type(plain) == Node.Type.TEXT;
    }
}
