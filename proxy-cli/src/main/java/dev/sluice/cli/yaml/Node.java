package dev.sluice.cli.yaml;

import java.util.List;

/** A part of a file: one value, a list, or a map. */
public sealed interface Node {
    /** Where it begins. */
    Position at();

    /** What it is, in words: {@code a list}. */
    String what();

    /** What YAML takes a plain value for (core schema); what stands in quotes is text. */
    enum Type {
        TEXT("text"),
        INTEGER("a number"),
        NUMBER("a number"),
        BOOLEAN("true or false"),
        NOTHING("empty");

        private final String words;

        Type(String words) {
            this.words = words;
        }
    }

    /** One value, as it was written. */
    record Scalar(Position at, String text, Type type) implements Node {
        @Override
        public String what() {
            return type.words;
        }
    }

    /** A list. */
    record Sequence(Position at, List<Node> items) implements Node {
        @Override
        public String what() {
            return "a list";
        }
    }

    /** A map, in the order of the file; keys may be there twice. */
    record Mapping(Position at, List<Entry> entries) implements Node {
        @Override
        public String what() {
            return "a map";
        }
    }

    /** A key and its value. */
    record Entry(Scalar key, Node value) {}
}
