package dev.sluice.cli.file;

import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.Setting;
import dev.sluice.cli.yaml.Node;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a map in the file, in the order in which they are shown, and what they make together. A key is a field:
 *
 * <pre>
 *   private final Key&lt;Duration&gt; wait = key("wait", new Kind.OfDuration(MIN, MAX), Duration.ofSeconds(5), "How long …");
 *
 *   protected Thing build(Values values) {
 *       return new Thing(values.get(wait));
 *   }
 * </pre>
 *
 * @param <R> what is made of it
 */
public abstract class Section<R> {
    private final Map<String, Key<?>> keys = new LinkedHashMap<>();
    private List<String> oneOf = List.of();

    /**
     * Makes what the section stands for. Every value is within its range; what is left are rules between them.
     *
     * @throws IllegalArgumentException with a message for people, best by {@link Values#wrong}
     */
    protected abstract R build(Values values);

    /** A key that must be there. */
    protected final <T> Key<T> required(String name, Shape<T> shape, String help) {
        return add(new Key<>(name, shape, new Key.Presence.Required<>(), null, help));
    }

    /**
     * A key that may be left out, and has no default that is always the same.
     *
     * @param standardText what is done without it, in words; null if nothing
     */
    protected final <T> Key<T> optional(String name, Shape<T> shape, @Nullable String standardText, String help) {
        return add(new Key<>(name, shape, new Key.Presence.Optional<>(), standardText, help));
    }

    /** A key with a default. */
    protected final <T> Key<T> key(String name, Kind<T> kind, T standard, String help) {
        return add(new Key<>(
                name, new Shape.One<>(kind), new Key.Presence.Standard<>(standard), kind.write(standard), help));
    }

    /** The same, where the default is a word. */
    protected final <T> Key<T> key(String name, Shape<T> shape, String standard, String help) {
        return add(new Key<>(name, shape, new Key.Presence.Said<>(standard), standard, help));
    }

    /** A key that is an option and a variable as well, which beat it. */
    protected final <T> Key<T> global(Setting<T> setting) {
        return global(setting.key(), setting, setting.help());
    }

    /** The same, by another name. */
    protected final <T> Key<T> global(String name, Setting<T> setting, String help) {
        return add(new Key<>(
                name,
                new Shape.One<>(setting.kind()),
                new Key.Presence.Global<>(setting),
                setting.standardText(),
                help));
    }

    /** A key whose default is that of the whole file: its key there, or an option or a variable. */
    protected final <T> Key<T> inherited(Setting<T> setting) {
        return add(new Key<>(
                setting.key(),
                new Shape.One<>(setting.kind()),
                new Key.Presence.Inherited<>(setting),
                setting.standardText(),
                setting.help()));
    }

    /** A map that may be left out, and then is what it is when all its keys are left out. */
    protected final <T> Key<T> map(String name, Section<T> section, String help) {
        return map(name, new Shape.Map<>(section), help);
    }

    /** The same, where a word may stand for the map. */
    protected final <T> Key<T> map(String name, Shape<T> shape, String help) {
        return add(new Key<>(name, shape, new Key.Presence.Empty<>(), null, help));
    }

    /** Of these, one must be there, and no other. */
    protected final void oneOf(Key<?>... alternatives) {
        oneOf = Arrays.stream(alternatives).<String>map(Key::name).toList();
    }

    /** The names of those of which there is always one; none where there is no such rule. */
    final List<String> oneOf() {
        return oneOf;
    }

    private <T> Key<T> add(Key<T> key) {
        if (keys.put(key.name(), key) != null) {
            throw new IllegalStateException("two keys are named " + key.name());
        }
        return key;
    }

    /** All keys, in order. */
    public final Collection<Key<?>> keys() {
        return Collections.unmodifiableCollection(keys.values());
    }

    final boolean hasKey(String name) {
        return keys.containsKey(name);
    }

    /** Their names, for people: those that must be there, or all. */
    final String names() {
        if (!oneOf.isEmpty()) {
            int last = oneOf.size() - 1;
            return String.join(", ", oneOf.subList(0, last)) + " or " + oneOf.get(last);
        }
        List<String> required = keys.values().stream()
                .filter(key -> key.presence() instanceof Key.Presence.Required<?>)
                .map(Key::name)
                .toList();
        return String.join(", ", required.isEmpty() ? keys.keySet() : required);
    }

    /** Reads the map; null when something is wrong with it. */
    final @Nullable Value<R> read(Node.Mapping map, Reading reading) {
        int before = reading.problems().count();
        Map<String, Node> given = given(map, reading);
        Values values = new Values(map.at(), reading);
        for (Key<?> key : keys.values()) {
            key.read(given.get(key.name()), values);
        }
        checkOneOf(map, given, reading);
        if (reading.problems().count() > before) {
            return null;
        }
        try {
            R built = build(values);
            return reading.problems().count() > before ? null : new Value<>(built, values.tree(keys.values()));
        } catch (Values.Wrong e) {
            reading.problem(e.at(), String.valueOf(e.getMessage()));
        } catch (IllegalArgumentException e) {
            // What was told of already, with its place, needs no second line.
            if (reading.problems().count() == before) {
                reading.problem(map.at(), String.valueOf(e.getMessage()));
            }
        }
        return null;
    }

    private void checkOneOf(Node.Mapping map, Map<String, Node> given, Reading reading) {
        List<String> there = oneOf.stream().filter(given::containsKey).toList();
        if (there.isEmpty() && !oneOf.isEmpty()) {
            reading.problem(map.at(), "'" + oneOf.getFirst() + "' is missing; expected one of " + names());
        } else if (there.size() > 1) {
            String second = there.get(1);
            reading.problem(
                    Objects.requireNonNull(given.get(second)).at(),
                    second + " is there beside " + there.getFirst() + "; expected one of " + names());
        }
    }

    private Map<String, Node> given(Node.Mapping map, Reading reading) {
        Map<String, Node> given = new HashMap<>();
        Map<String, Node.Scalar> first = new HashMap<>();
        for (Node.Entry entry : map.entries()) {
            String name = entry.key().text();
            Node.Scalar earlier = first.putIfAbsent(name, entry.key());
            if (earlier != null) {
                reading.problem(
                        entry.key().at(),
                        "'" + name + "' is there twice, first in line "
                                + earlier.at().line() + "; expected once");
            } else if (keys.containsKey(name)) {
                given.put(name, entry.value());
            } else {
                reading.problem(entry.key().at(), "unknown key '" + name + "'" + Spelling.hint(name, keys.keySet()));
            }
        }
        return given;
    }
}
