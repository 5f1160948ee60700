package dev.sluice.cli.file;

import dev.sluice.cli.options.Dns;
import dev.sluice.cli.options.Given;
import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.Setting;
import dev.sluice.cli.options.Words;
import dev.sluice.cli.yaml.Node;
import dev.sluice.cli.yaml.Position;
import dev.sluice.cli.yaml.Problems;
import dev.sluice.cli.yaml.Substitution;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One reading of a file: what all its sections share. */
public final class Reading {
    private final Problems problems;
    private final Substitution substitution;
    private final Given given;
    private final Map<Setting<?>, Object> globals = new HashMap<>();
    private final Names names = new Names();
    private boolean namesChecked;

    Reading(Problems problems, Substitution substitution, Given given) {
        this.problems = problems;
        this.substitution = substitution;
        this.given = given;
    }

    /**
     * Something is wrong.
     *
     * @param text what, and what would be right
     */
    public void problem(Position at, String text) {
        problems.add(at, text);
    }

    Problems problems() {
        return problems;
    }

    /** Names that must be unique, or that something refers to. */
    public Names names() {
        return names;
    }

    /** Tells of names that are there twice or not at all, once everything is read; the second time nothing. */
    public void checkNames() {
        if (!namesChecked) {
            namesChecked = true;
            names.check(problems);
        }
    }

    /** The value for the whole file: given by option or variable, or by its key at the top of the file, or the default. */
    @SuppressWarnings("unchecked") // setGlobal() has it from the same setting
    public <T> T global(Setting<T> setting) {
        T beats = given.value(setting);
        if (beats != null) {
            return beats;
        }
        Object inFile = globals.get(setting);
        return inFile == null ? setting.standard() : (T) inFile;
    }

    /** The value that was given by option or variable, null if none was. */
    public <T> @Nullable T given(Setting<T> setting) {
        return given.value(setting);
    }

    <T> void setGlobal(Setting<T> setting, T value) {
        globals.put(setting, value);
    }

    /** Reads one value, with what it stands for; null when something is wrong with it. */
    <T> @Nullable T scalar(String name, Node.Scalar scalar, Kind<T> kind) {
        boolean takesAnyText = kind instanceof Words.OfName
                || kind instanceof Words.OfSecret
                || kind instanceof Words.OfText
                || kind instanceof Dns.OfService
                || kind instanceof Kind.OfSocketPath;
        if (takesAnyText && scalar.type() != Node.Type.TEXT) {
            problem(
                    scalar.at(),
                    name + " is " + scalar.what() + "; expected " + kind.expected() + " (quotes make it text)");
            return null;
        }
        Substitution.Text text;
        try {
            text = substitution.apply(scalar.text());
        } catch (IllegalArgumentException e) {
            problem(scalar.at(), name + ": " + e.getMessage());
            return null;
        }
        try {
            return kind.read(text.value());
        } catch (IllegalArgumentException e) {
            // What is in another file is not for everyone's eyes.
            String why = text.fromFile()
                    ? "'" + scalar.text() + "' stands for something else; expected " + kind.expected()
                    : String.valueOf(e.getMessage());
            problem(scalar.at(), name + " " + why);
            return null;
        }
    }
}
