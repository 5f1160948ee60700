package dev.sluice.cli.file;

import dev.sluice.cli.yaml.Substitution;
import dev.sluice.cli.yaml.YamlFile;
import java.util.Map;
import java.util.regex.Pattern;

/** Writes a tree as YAML that reads back as the same. */
final class YamlText {
    /** What no reader of YAML takes for anything but one word, provided that it is no number or the like. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9/_][\\w/.@%+-]*(:[\\w/.@%+-]+)*");

    private YamlText() {}

    static String of(Tree tree) {
        StringBuilder out = new StringBuilder();
        append(out, tree, 0, true);
        return out.toString();
    }

    /**
     * @param indent blanks before each line of it
     * @param indented whether they are there already before the first one
     */
    private static void append(StringBuilder out, Tree tree, int indent, boolean indented) {
        switch (tree) {
            case Tree.Leaf leaf -> out.append(text(leaf)).append('\n');
            case Tree.Items list -> {
                boolean first = indented;
                for (Tree item : list.items()) {
                    out.append(first ? "" : " ".repeat(indent)).append("- ");
                    append(out, item, indent + 2, true);
                    first = false;
                }
            }
            case Tree.Fields map -> {
                boolean first = indented;
                for (Map.Entry<String, Tree> field : map.fields().entrySet()) {
                    out.append(first ? "" : " ".repeat(indent)).append(field.getKey());
                    boolean leaf = field.getValue() instanceof Tree.Leaf;
                    out.append(leaf ? ": " : ":\n");
                    append(out, field.getValue(), indent + 2, leaf);
                    first = false;
                }
            }
        }
    }

    private static String text(Tree.Leaf leaf) {
        if (leaf.bare()) {
            return leaf.text();
        }
        String text = Substitution.escaped(leaf.text());
        return PLAIN.matcher(text).matches() && YamlFile.isText(text) ? text : quoted(text);
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || (c >= 0x7f && c < 0xa0) || Character.getType(c) == Character.FORMAT || c >= 0xfffe) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
