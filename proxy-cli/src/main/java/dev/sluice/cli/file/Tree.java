package dev.sluice.cli.file;

import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.Words;
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
            boolean words = switch (kind) {
                case Words.OfName name -> true;
                case Words.OfSecret secret -> true;
                case Words.OfPath path -> true;
                case Words.OfAddress address -> true;
                default -> false;
            };
            return new Leaf(kind.write(value), !words);
        }
    }

    /** A list. */
    record Items(List<Tree> items) implements Tree {}

    /** A map. */
    record Fields(Map<String, Tree> fields) implements Tree {}
}
