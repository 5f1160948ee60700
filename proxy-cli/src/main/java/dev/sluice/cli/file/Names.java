package dev.sluice.cli.file;

import dev.sluice.cli.yaml.Position;
import dev.sluice.cli.yaml.Problems;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Names in the file: each is given once, and what refers to one must find it. */
public final class Names {
    private record Use(String of, String name, Position at) {}

    private record Doubt(Use use, String text) {}

    private final Map<String, Map<String, Position>> defined = new LinkedHashMap<>();
    private final List<Use> again = new ArrayList<>();
    private final List<Use> references = new ArrayList<>();

    private final Map<String, Set<String>> marked = new HashMap<>();
    private final List<Doubt> doubts = new ArrayList<>();

    private final Map<String, Integer> asked = new HashMap<>();

    Names() {}

    /**
     * Something has this name.
     *
     * @param of what: {@code upstream}
     */
    public void define(String of, String name, Position at) {
        Position first =
                defined.computeIfAbsent(of, key -> new LinkedHashMap<>()).putIfAbsent(name, at);
        if (first != null) {
            again.add(new Use(of, name, at));
        }
    }

    /** This name for what was given none, with a number behind it when it was asked for before: twice a free port of one host. */
    public String unused(String name) {
        int before = asked.merge(name, 1, Integer::sum) - 1;
        return before == 0 ? name : name + "#" + before;
    }

    /** Something refers to what has this name, here or further down. */
    public void refer(String of, String name, Position at) {
        references.add(new Use(of, name, at));
    }

    /**
     * What has this name is of a kind that not everything goes with.
     *
     * @param as which kind: {@code upstream that closes its listeners}
     */
    public void mark(String as, String name) {
        marked.computeIfAbsent(as, key -> new HashSet<>()).add(name);
    }

    /**
     * Something does not go with what has this name, if that is of a kind, here or further down.
     *
     * @param text what is wrong then, and what would be right
     */
    public void refuseIf(String as, String name, Position at, String text) {
        doubts.add(new Doubt(new Use(as, name, at), text));
    }

    /** Tells what was wrong, once everything is read. */
    void check(Problems problems) {
        for (Use use : again) {
            Position first = defined.getOrDefault(use.of(), Map.of()).getOrDefault(use.name(), use.at());
            problems.add(
                    use.at(),
                    "a second " + use.of() + " '" + use.name() + "', the first is in line " + first.line()
                            + "; expected another");
        }
        for (Doubt doubt : doubts) {
            if (marked.getOrDefault(doubt.use.of(), Set.of()).contains(doubt.use.name())) {
                problems.add(doubt.use.at(), doubt.text);
            }
        }
        for (Use use : references) {
            Set<String> known = defined.getOrDefault(use.of(), Map.of()).keySet();
            if (!known.contains(use.name())) {
                problems.add(
                        use.at(),
                        "there is no " + use.of() + " '" + use.name() + "'" + Spelling.hint(use.name(), known));
            }
        }
    }
}
