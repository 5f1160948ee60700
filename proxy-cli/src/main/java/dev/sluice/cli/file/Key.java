package dev.sluice.cli.file;

import dev.sluice.cli.options.Setting;
import dev.sluice.cli.yaml.Node;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A key of a map in the file.
 *
 * @param name lower case with hyphens
 * @param shape what its value may look like
 * @param presence what happens where it is left out
 * @param standardText its default in words; null where there is none
 * @param help what it does: sentences, without range and default
 */
public record Key<T>(
        String name,
        Shape<T> shape,
        Presence<T> presence,
        @Nullable String standardText,
        String help) {

    /** What happens where a key is left out. */
    public sealed interface Presence<T> {
        /** The value then; null when there is none, or a problem was told. */
        @Nullable
        Value<T> absent(Key<T> key, Values values);

        /** It must be there. */
        record Required<T>() implements Presence<T> {
            @Override
            public @Nullable Value<T> absent(Key<T> key, Values values) {
                values.reading()
                        .problem(values.at(), "'" + key.name + "' is missing; expected " + key.shape.expected());
                return null;
            }
        }

        /** There is no value then, or one that depends on others. */
        record Optional<T>() implements Presence<T> {
            @Override
            public @Nullable Value<T> absent(Key<T> key, Values values) {
                return null;
            }
        }

        /** There is always the same value. */
        record Standard<T>(T value) implements Presence<T> {
            @Override
            public Value<T> absent(Key<T> key, Values values) {
                return key.value(value);
            }
        }

        /** It is as if it had this word. */
        record Said<T>(String word) implements Presence<T> {
            @Override
            public @Nullable Value<T> absent(Key<T> key, Values values) {
                Node said = new Node.Scalar(values.at(), word, Node.Type.TEXT);
                return key.shape.read(key.name, said, values.reading());
            }
        }

        /** Its value is that of the whole file, for all maps that have none of their own. */
        record Inherited<T>(Setting<T> setting) implements Presence<T> {
            @Override
            public Value<T> absent(Key<T> key, Values values) {
                return key.value(values.reading().global(setting));
            }
        }

        /** It is that of the whole file; what was given by option or variable beats it. */
        record Global<T>(Setting<T> setting) implements Presence<T> {
            @Override
            public Value<T> absent(Key<T> key, Values values) {
                return key.value(values.reading().global(setting));
            }
        }

        /** A map in which every key is left out. */
        record Empty<T>() implements Presence<T> {
            @Override
            public @Nullable Value<T> absent(Key<T> key, Values values) {
                return key.shape.read(key.name, new Node.Mapping(values.at(), List.of()), values.reading());
            }
        }
    }

    /**
     * Reads its value into the values of the map.
     *
     * @param node what the file has; null if nothing
     */
    void read(@Nullable Node node, Values values) {
        Value<T> value = node == null ? presence.absent(this, values) : shape.read(name, node, values.reading());
        if (presence instanceof Presence.Global<T> global) {
            value = beaten(value, global.setting(), values.reading());
        }
        if (value != null) {
            values.put(this, value, node);
        }
    }

    private @Nullable Value<T> beaten(@Nullable Value<T> inFile, Setting<T> setting, Reading reading) {
        if (inFile != null) {
            reading.setGlobal(setting, inFile.value());
            return value(reading.global(setting));
        }
        return null;
    }

    /** A value that is not from the file. */
    Value<T> value(T value) {
        if (shape instanceof Shape.One<T> one) {
            return new Value<>(value, Tree.Leaf.of(one.kind(), value));
        }
        throw new IllegalStateException("only a single value has a default: " + name);
    }
}
