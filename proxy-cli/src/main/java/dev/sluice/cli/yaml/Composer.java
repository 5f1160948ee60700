package dev.sluice.cli.yaml;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * Makes the tree of a document from the events of the YAML library. Not by the library's own composer: that one recurses as deep as
 * the file nests, and keeps a copy of the text for every node.
 */
final class Composer {
    private static final int DEEPEST = 32;
    /** Nodes that a document may have, with each alias counted as all that it stands for. */
    private static final int MOST_NODES = 100_000;

    private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+");
    private static final Pattern NUMBER = Pattern.compile(
            "[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");
    private static final Pattern BOOLEAN = Pattern.compile("true|True|TRUE|false|False|FALSE");
    private static final Pattern NOTHING = Pattern.compile("~|null|Null|NULL|");

    /** What is wrong with the text as YAML. It ends the reading, for what comes behind it cannot be told. */
    private static final class SyntaxProblem extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient Position at;

        SyntaxProblem(Position at, String text) {
            super(text, null, false, false);
            this.at = at;
        }
    }

    private record Anchored(Node node, int nodes) {}

    private final Iterator<Event> events;
    private final Map<Anchor, Anchored> anchors = new HashMap<>();
    private int nodes;

    private Composer(String text) {
        events = new Parse(LoadSettings.builder().setUseMarks(true).build())
                .parseString(text)
                .iterator();
    }

    static @Nullable Node compose(String text, Problems problems) {
        int strange = unprintable(text);
        if (strange >= 0) {
            problems.add(
                    Position.behind(text.substring(0, strange)),
                    "a character that YAML does not allow, '" + text.charAt(strange) + "'; expected text");
            return null;
        }
        try {
            return new Composer(text).document();
        } catch (SyntaxProblem e) {
            problems.add(e.at, String.valueOf(e.getMessage()));
        } catch (MarkedYamlEngineException e) {
            Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
            problems.add(mark.map(Composer::position).orElse(Position.START), "no YAML: " + explain(e));
        } catch (YamlEngineException e) {
            problems.add(Position.START, "no YAML: " + e.getMessage());
        }
        return null;
    }

    private static int unprintable(String text) {
        int i = 0;
        while (i < text.length()) {
            int c = text.codePointAt(i);
            if (!StreamReader.isPrintable(c)) {
                return i;
            }
            i += Character.charCount(c);
        }
        return -1;
    }

    private static String explain(MarkedYamlEngineException e) {
        String problem = String.valueOf(e.getProblem()).strip();
        String context = e.getContext() == null ? "" : e.getContext().strip();
        String right = "";
        if (problem.startsWith("mapping values are not allowed")) {
            right = "; a value with ': ' in it needs quotes, and keys of one map begin in one column";
        } else if (problem.contains("<block end>")) {
            right = "; keys of one map, and hyphens of one list, begin in one column";
        } else if (problem.contains("TAB")) {
            right = "; expected blanks, not tabs, before a key";
        } else if (problem.contains("find expected ':'")) {
            right = "; expected 'key: value'";
        } else if (problem.contains("end of stream")) {
            right = "; the closing quote is missing";
        }
        return (context.isEmpty() ? "" : context + ": ") + problem + right;
    }

    private Node document() {
        Node document = null;
        while (events.hasNext()) {
            Event event = events.next();
            switch (event.getEventId()) {
                case DocumentStart -> {
                    if (document != null) {
                        throw new SyntaxProblem(at(event), "a second document; expected one, without a line of '---'");
                    }
                    document = node(events.next(), 0);
                }
                case StreamStart, DocumentEnd, StreamEnd, Comment -> {}
                default -> throw new SyntaxProblem(at(event), "no YAML: something behind the end of the document");
            }
        }
        if (document == null || (document instanceof Node.Scalar scalar && scalar.type() == Node.Type.NOTHING)) {
            throw new SyntaxProblem(Position.START, "the file is empty; expected keys such as listeners and upstreams");
        }
        return document;
    }

    private Node node(Event event, int depth) {
        Position at = at(event);
        if (depth > DEEPEST) {
            throw new SyntaxProblem(at, "nested too deeply; expected " + DEEPEST + " levels at most");
        }
        if (event instanceof AliasEvent alias) {
            return aliased(alias, at);
        }
        int before = nodes;
        count(1, at);
        Node node = switch (event) {
            case ScalarEvent scalar -> scalar(scalar, at);
            case SequenceStartEvent list -> sequence(list, at, depth);
            case MappingStartEvent map -> mapping(map, at, depth);
            default -> throw new SyntaxProblem(at, "no YAML: no value here");
        };
        // Only now: what is under way cannot be an alias of itself.
        int size = nodes - before;
        ((NodeEvent) event).getAnchor().ifPresent(anchor -> anchors.put(anchor, new Anchored(node, size)));
        return node;
    }

    private void count(int more, Position at) {
        nodes += more;
        if (nodes > MOST_NODES) {
            throw new SyntaxProblem(at, "too much: expected " + MOST_NODES + " values at most, aliases written out");
        }
    }

    private Node aliased(AliasEvent alias, Position at) {
        Anchored anchored = anchors.get(alias.getAlias());
        if (anchored == null) {
            throw new SyntaxProblem(
                    at,
                    "'*" + alias.getAlias() + "' stands for nothing; expected the name of an anchor ('&"
                            + alias.getAlias() + "') before it, not around it");
        }
        count(anchored.nodes(), at);
        return anchored.node();
    }

    private static Node.Scalar scalar(ScalarEvent event, Position at) {
        checkTag(event.getTag(), at);
        return new Node.Scalar(at, event.getValue(), event.isPlain() ? type(event.getValue()) : Node.Type.TEXT);
    }

    private Node.Sequence sequence(SequenceStartEvent start, Position at, int depth) {
        checkTag(start.getTag(), at);
        List<Node> items = new ArrayList<>();
        for (Event event = events.next(); event.getEventId() != Event.ID.SequenceEnd; event = events.next()) {
            items.add(node(event, depth + 1));
        }
        return new Node.Sequence(at, List.copyOf(items));
    }

    private Node.Mapping mapping(MappingStartEvent start, Position at, int depth) {
        checkTag(start.getTag(), at);
        List<Node.Entry> entries = new ArrayList<>();
        for (Event event = events.next(); event.getEventId() != Event.ID.MappingEnd; event = events.next()) {
            if (!(node(event, depth + 1) instanceof Node.Scalar key)) {
                throw new SyntaxProblem(at(event), "a key is a list or a map; expected a word");
            }
            entries.add(new Node.Entry(key, node(events.next(), depth + 1)));
        }
        return new Node.Mapping(at, List.copyOf(entries));
    }

    private static void checkTag(Optional<String> tag, Position at) {
        if (tag.isPresent() && !tag.get().equals("!")) {
            throw new SyntaxProblem(at, "tags ('" + tag.get() + "') are not read; expected the value alone");
        }
    }

    /** What a plain value is (YAML 1.2.2, 10.3.2). */
    static Node.Type type(String text) {
        if (NOTHING.matcher(text).matches()) {
            return Node.Type.NOTHING;
        } else if (INTEGER.matcher(text).matches()) {
            return Node.Type.INTEGER;
        } else if (NUMBER.matcher(text).matches()) {
            return Node.Type.NUMBER;
        } else if (BOOLEAN.matcher(text).matches()) {
            return Node.Type.BOOLEAN;
        }
        return Node.Type.TEXT;
    }

    private static Position at(Event event) {
        return event.getStartMark().map(Composer::position).orElse(Position.START);
    }

    private static Position position(Mark mark) {
        return new Position(mark.getLine() + 1, mark.getColumn() + 1);
    }
}
