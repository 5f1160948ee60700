package dev.sluice.cli.file;

import dev.sluice.cli.options.Kind;
import java.util.List;
import java.util.Map;

/** The effective configuration: what a file says, with what it leaves out filled in. */
public sealed interface Tree {
    /**
     * A value.
     *
     * @param bare whether it is a number or the like, which never stands in quotes
     */
    record Leaf(String text, boolean bare) implements Tree {
        static <T> Leaf of(Kind<T> kind, T value) {
            return new Leaf(kind.write(value), !kind.isText());
        }
    }

    /** A list. */
    record Items(List<Tree> items) implements Tree {}

    /** A map. */
    record Fields(Map<String, Tree> fields) implements Tree {}
}
