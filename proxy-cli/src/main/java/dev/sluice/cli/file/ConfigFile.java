package dev.sluice.cli.file;

import dev.sluice.cli.file.section.FileSection;
import dev.sluice.cli.options.Given;
import dev.sluice.cli.options.ServiceConfig;
import dev.sluice.cli.yaml.Node;
import dev.sluice.cli.yaml.Problems;
import dev.sluice.cli.yaml.Substitution;
import dev.sluice.cli.yaml.YamlFile;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A configuration file that was read: what it says, or all that is wrong with it. */
public final class ConfigFile {
    private final String name;
    private final Problems problems;
    private final @Nullable Value<ServiceConfig> value;

    private ConfigFile(String name, Problems problems, @Nullable Value<ServiceConfig> value) {
        this.name = name;
        this.problems = problems;
        this.value = value;
    }

    /**
     * Reads a file.
     *
     * @param environment variables that the file may refer to
     * @param given settings that beat the file's
     */
    public static ConfigFile read(String name, Map<String, String> environment, Given given) {
        Problems problems = new Problems();
        Node root = YamlFile.read(name, problems);
        return read(name, root, problems, environment, given);
    }

    /** The same of what no file has. */
    public static ConfigFile of(String name, Node root, Given given) {
        return read(name, root, new Problems(), Map.of(), given);
    }

    /** The same of a text, as if a file of this name had it. */
    static ConfigFile parse(String name, String text, Map<String, String> environment, Given given) {
        Problems problems = new Problems();
        Node root = YamlFile.parse(text, problems);
        return read(name, root, problems, environment, given);
    }

    private static ConfigFile read(
            String name, @Nullable Node root, Problems problems, Map<String, String> environment, Given given) {
        Value<ServiceConfig> value = null;
        if (root != null) {
            Reading reading = new Reading(problems, new Substitution(environment), given);
            value = new Shape.Map<>(new FileSection()).read("the file", root, reading);
            reading.checkNames();
        }
        return new ConfigFile(name, problems, problems.isEmpty() ? value : null);
    }

    /** Its name, as it was given. */
    public String name() {
        return name;
    }

    /** Whether nothing is wrong. */
    public boolean isValid() {
        return value != null;
    }

    /** All that is wrong, a line each: {@code FILE:LINE:COLUMN: what is wrong; what would be right}. */
    public List<String> problems() {
        return problems.lines(name);
    }

    /** How many there are, also of those that {@link #problems} only counts. */
    public int problemCount() {
        return problems.count();
    }

    /** What it says; only if it {@link #isValid}. */
    public ServiceConfig config() {
        return valid().value();
    }

    /** The same as a file, with all that it leaves out. */
    public String effective() {
        return YamlText.of(valid().tree());
    }

    /** The same as maps, lists, texts, numbers and booleans. */
    public Object plain() {
        return plain(valid().tree());
    }

    private static Object plain(Tree tree) {
        return switch (tree) {
            case Tree.Fields fields -> {
                Map<String, Object> map = new LinkedHashMap<>();
                fields.fields().forEach((key, value) -> map.put(key, plain(value)));
                yield map;
            }
            case Tree.Items list -> list.items().stream().map(ConfigFile::plain).toList();
            case Tree.Leaf leaf -> leaf.bare() ? bare(leaf.text()) : leaf.text();
        };
    }

    private static Object bare(String text) {
        if (text.equals("true") || text.equals("false")) {
            return Boolean.valueOf(text);
        }
        return text.matches("-?[0-9]{1,18}") ? (Object) Long.valueOf(text) : text;
    }

    private Value<ServiceConfig> valid() {
        return Objects.requireNonNull(value, "the file is not valid");
    }
}
