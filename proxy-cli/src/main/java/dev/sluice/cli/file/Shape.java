package dev.sluice.cli.file;

import dev.sluice.cli.options.Kind;
import dev.sluice.cli.yaml.Node;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a value in the file may look like: one word, a list, a map, or one of these. */
public sealed interface Shape<T> {
    /**
     * Reads a value.
     *
     * @param name the key that it belongs to, which messages begin with
     * @return null when something is wrong with it, which the reading's problems then tell of
     */
    @Nullable
    Value<T> read(String name, Node node, Reading reading);

    /** What is expected, in words: {@code a list of …}. */
    String expected();

    private static void refuse(String name, Node node, Reading reading, String expected) {
        reading.problem(node.at(), name + " is " + node.what() + "; expected " + expected);
    }

    private static boolean isNothing(Node node) {
        return node instanceof Node.Scalar scalar && scalar.type() == Node.Type.NOTHING;
    }

    /** One value. */
    record One<T>(Kind<T> kind) implements Shape<T> {
        @Override
        public @Nullable Value<T> read(String name, Node node, Reading reading) {
            if (!(node instanceof Node.Scalar scalar) || isNothing(node)) {
                refuse(name, node, reading, expected());
                return null;
            }
            T value = reading.scalar(name, scalar, kind);
            return value == null ? null : new Value<>(value, Tree.Leaf.of(kind, value));
        }

        @Override
        public String expected() {
            return kind.expected();
        }
    }

    /**
     * A name that others of the kind must not have, and that a {@link Reference} may be to.
     *
     * @param of what is named: {@code upstream}
     */
    record Definition(String of, Kind<String> kind) implements Shape<String> {
        @Override
        public @Nullable Value<String> read(String name, Node node, Reading reading) {
            Value<String> value = new One<>(kind).read(name, node, reading);
            if (value != null) {
                reading.names().define(of, value.value(), node.at());
            }
            return value;
        }

        @Override
        public String expected() {
            return kind.expected();
        }
    }

    /**
     * The name of something that is defined elsewhere in the file.
     *
     * @param of what it names: {@code upstream}
     */
    record Reference(String of, Kind<String> kind) implements Shape<String> {
        @Override
        public @Nullable Value<String> read(String name, Node node, Reading reading) {
            Value<String> value = new One<>(kind).read(name, node, reading);
            if (value != null) {
                reading.names().refer(of, value.value(), node.at());
            }
            return value;
        }

        @Override
        public String expected() {
            return "the name of an " + of;
        }
    }

    /**
     * A list.
     *
     * @param least how many items it has at least, 0 or 1
     * @param loose whether one item may stand there without a list around it
     */
    record Many<T>(Shape<T> item, int least, boolean loose) implements Shape<List<T>> {
        @Override
        public @Nullable Value<List<T>> read(String name, Node node, Reading reading) {
            if (!(node instanceof Node.Sequence sequence)) {
                if (loose) {
                    Value<T> one = item.read(name, node, reading);
                    return one == null ? null : new Value<>(List.of(one.value()), one.tree());
                }
                refuse(name, node, reading, expected());
                return null;
            }
            if (sequence.items().size() < least) {
                reading.problem(node.at(), name + " is an empty list; expected " + item.expected());
                return null;
            }
            List<T> values = new ArrayList<>();
            List<Tree> trees = new ArrayList<>();
            for (Node each : sequence.items()) {
                Value<T> value = item.read(name, each, reading);
                if (value != null) {
                    values.add(value.value());
                    trees.add(value.tree());
                }
            }
            return values.size() < sequence.items().size()
                    ? null
                    : new Value<>(List.copyOf(values), new Tree.Items(trees));
        }

        @Override
        public String expected() {
            return loose ? item.expected() + ", or a list of these" : "a list of these: " + item.expected();
        }
    }

    /**
     * A map.
     *
     * @param only a key that may stand for a map which has no other: {@code json} for {@code {format: json}}
     */
    record Map<T>(Section<T> section, @Nullable Key<?> only) implements Shape<T> {
        /** A map, and nothing else. */
        public Map(Section<T> section) {
            this(section, null);
        }

        @Override
        public @Nullable Value<T> read(String name, Node node, Reading reading) {
            if (node instanceof Node.Mapping map) {
                return section.read(map, reading);
            }
            if (only != null && node instanceof Node.Scalar && !isNothing(node)) {
                Node.Scalar key = new Node.Scalar(node.at(), only.name(), Node.Type.TEXT);
                return section.read(new Node.Mapping(node.at(), List.of(new Node.Entry(key, node))), reading);
            }
            refuse(name, node, reading, expected());
            return null;
        }

        @Override
        public String expected() {
            return (only == null ? "" : only.shape().expected() + ", or ") + "a map with " + section.names();
        }
    }

    /**
     * One word, or a map: {@code refuse}, or {@code {hold: 30s}}.
     *
     * @param example such a map, for who wrote a key of it as the word
     */
    record Either<T>(Shape<T> word, Map<T> map, String example) implements Shape<T> {
        @Override
        public @Nullable Value<T> read(String name, Node node, Reading reading) {
            if (node instanceof Node.Sequence || isNothing(node)) {
                refuse(name, node, reading, expected());
                return null;
            }
            if (node instanceof Node.Scalar scalar && map.section().hasKey(scalar.text())) {
                reading.problem(node.at(), name + " '" + scalar.text() + "' is no word but a key; expected " + example);
                return null;
            }
            return (node instanceof Node.Mapping ? map : word).read(name, node, reading);
        }

        @Override
        public String expected() {
            return word.expected() + ", or " + map.expected();
        }
    }

    /** One word that means something of another type. */
    record Meaning<S, T>(Kind<S> kind, java.util.function.Function<S, T> meaning) implements Shape<T> {
        @Override
        public @Nullable Value<T> read(String name, Node node, Reading reading) {
            Value<S> value = new One<>(kind).read(name, node, reading);
            return value == null ? null : new Value<>(meaning.apply(value.value()), value.tree());
        }

        @Override
        public String expected() {
            return kind.expected();
        }
    }
}
