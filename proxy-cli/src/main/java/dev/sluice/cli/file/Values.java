package dev.sluice.cli.file;

import dev.sluice.cli.yaml.Node;
import dev.sluice.cli.yaml.Position;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The values of the keys of one map, read and within their ranges, with defaults where they were left out. */
public final class Values {
    /**
     * @param node what the file has; null of what it leaves out
     */
    private record Placed(Value<?> value, @Nullable Node node) {}

    /** What is wrong with a value beside others. */
    static final class Wrong extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;
        private final transient Position at;

        Wrong(Position at, String message) {
            super(message);
            this.at = at;
        }

        Position at() {
            return at;
        }
    }

    private final Position at;
    private final Reading reading;
    private final Map<Key<?>, Placed> placed = new HashMap<>();

    Values(Position at, Reading reading) {
        this.at = at;
        this.reading = reading;
    }

    <T> void put(Key<T> key, Value<T> value, @Nullable Node node) {
        placed.put(key, new Placed(value, node));
    }

    /** The value of a key that always has one. */
    public <T> T get(Key<T> key) {
        return Objects.requireNonNull(find(key), key.name());
    }

    /** The value of a key, null if it was left out. */
    @SuppressWarnings("unchecked") // put() has it from a Value of the key's type
    public <T> @Nullable T find(Key<T> key) {
        Placed there = placed.get(key);
        return there == null ? null : (T) there.value().value();
    }

    /** The value of a key, or another, which then counts as its default. */
    public <T> T get(Key<T> key, T otherwise) {
        T given = find(key);
        if (given == null) {
            put(key, key.value(otherwise), null);
            return otherwise;
        }
        return given;
    }

    /** Where the map begins. */
    public Position at() {
        return at;
    }

    /** Where the value of a key begins; of one that was left out, the map. */
    public Position at(Key<?> key) {
        Placed there = placed.get(key);
        Node node = there == null ? null : there.node();
        return node == null ? at : node.at();
    }

    /** Whether the file has it, or leaves it out. */
    public boolean isGiven(Key<?> key) {
        Placed there = placed.get(key);
        return there != null && there.node() != null;
    }

    /** It means nothing here: the effective configuration does without it. */
    public void drop(Key<?> key) {
        placed.remove(key);
    }

    /** To be thrown: what is wrong with a value beside others, and what would be right. */
    public IllegalArgumentException wrong(Key<?> key, String text) {
        return new Wrong(at(key), key.name() + " " + text);
    }

    /** Tells the same, and goes on, in case that more is wrong; nothing is made of the map then. */
    public void tell(Key<?> key, String text) {
        reading.problem(at(key), key.name() + " " + text);
    }

    /** The same of an item of a list. */
    public void tell(Key<?> key, int item, String text) {
        reading.problem(at(key, item), key.name() + " " + text);
    }

    /** Where an item of a list begins. */
    public Position at(Key<?> key, int item) {
        Placed there = placed.get(key);
        return there != null && there.node() instanceof Node.Sequence list
                ? list.items().get(item).at()
                : at(key);
    }

    /** What is known of the rest of the file. */
    public Reading reading() {
        return reading;
    }

    Tree tree(Iterable<Key<?>> keys) {
        Map<String, Tree> fields = new LinkedHashMap<>();
        for (Key<?> key : keys) {
            Placed there = placed.get(key);
            if (there != null) {
                fields.put(key.name(), there.value().tree());
            }
        }
        return new Tree.Fields(fields);
    }
}
