package dev.sluice.cli.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.sluice.cli.file.section.FileSection;
import dev.sluice.cli.options.Given;
import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.Rates;
import dev.sluice.cli.options.Words;
import dev.sluice.cli.yaml.Node;
import dev.sluice.cli.yaml.Problems;
import dev.sluice.cli.yaml.YamlFile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The schema and the reader are of one mind: what the reader takes the schema takes, what the schema refuses the reader refuses. */
class JsonSchemaTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final com.networknt.schema.JsonSchema SCHEMA = JsonSchemaFactory.getInstance(
                    SpecVersion.VersionFlag.V7)
            .getSchema(JSON.<JsonNode>valueToTree(JsonSchema.schema()));

    private static final Map<String, String> ENVIRONMENT = Map.of("SECRET", "s3cret");

    /** A key by the way to it, with the sections that it is in. */
    record Place(List<Key<?>> way) {
        Key<?> key() {
            return way.getLast();
        }

        @Override
        public String toString() {
            return String.join(".", way.stream().map(Key::name).toList());
        }
    }

    static Stream<Place> places() {
        List<Place> places = new ArrayList<>();
        collect(new FileSection(), List.of(), places);
        return places.stream();
    }

    private static void collect(Section<?> section, List<Key<?>> way, List<Place> places) {
        for (Key<?> key : section.keys()) {
            List<Key<?>> longer = new ArrayList<>(way);
            longer.add(key);
            places.add(new Place(longer));
            Section<?> inner = section(key.shape());
            if (inner != null) {
                collect(inner, longer, places);
            }
        }
    }

    private static @Nullable Section<?> section(Shape<?> shape) {
        return switch (shape) {
            case Shape.Map<?> map -> map.section();
            case Shape.Either<?> either -> either.map().section();
            case Shape.Many<?> many -> section(many.item());
            default -> null;
        };
    }

    /** Values of all types, in flow style, and those at and beyond the ends of ranges. */
    private static List<String> values(Shape<?> shape) {
        List<String> values = new ArrayList<>(List.of(
                "",
                "~",
                "true",
                "false",
                "0",
                "1",
                "-1",
                "7",
                "300",
                "1.5",
                "1e3",
                "0x10",
                "''",
                "'0'",
                "'7'",
                "'true'",
                "word",
                "two words",
                "5s",
                "'5 s'",
                "5ms",
                "50us",
                "40000s",
                "1d",
                "31d",
                "64KiB",
                "'1 MiB'",
                "9GiB",
                "2048GiB",
                "copy",
                "json",
                "off",
                "h:1",
                "h:0",
                "h:65536",
                "h",
                "'[::1]:80'",
                "unix:/x",
                "'unix:'",
                "/var/x",
                "10.0.0.5",
                "'::1'",
                "refuse",
                "{hold: 1s}",
                "tcp",
                "{check: tcp}",
                "50%",
                "u",
                "-u",
                "[]",
                "{}",
                "[1]",
                "[h:1]",
                "[[h:1]]",
                "{a: b}",
                "{address: h:1}",
                "[{address: h:1}]",
                "{format: json}",
                "'${SECRET}'",
                "'${NONE:-5s}'",
                "'${NONE:-7}'",
                "'$${x'",
                "99999999999999999999"));
        if (shape instanceof Shape.One<?> one && !one.kind().range().contains("/")) {
            Stream.of(one.kind().range().split(" to |, or |, ", -1))
                    .map(value -> "'" + value + "'")
                    .forEach(values::add);
        }
        return values;
    }

    @ParameterizedTest
    @MethodSource("places")
    void theSchemaTakesWhatTheReaderTakes(Place place) {
        int taken = 0;
        for (String value : values(place.key().shape())) {
            String text = file(place, value);
            if (isRead(text)) {
                taken++;
                assertTrue(isInSchema(text), () -> "the reader takes what the schema refuses: " + text);
            }
        }
        assertTrue(taken > 0 || place.key().shape() instanceof Shape.Many<?>, "no value of " + place + " is right");
    }

    /** Of wrong types the schema refuses as much as the reader; for words and numbers out of range, too. */
    @ParameterizedTest
    @MethodSource("places")
    void theSchemaRefusesWrongTypes(Place place) {
        List<String> wrong = new ArrayList<>(List.of("~", "1.5", "[[h:1]]", "[1]"));
        if (place.key().shape() instanceof Shape.One<?> one) {
            wrong.addAll(List.of("[]", "{}"));
            switch (one.kind()) {
                case Kind.OfNumber number -> wrong.addAll(List.of("true", "word", "" + (number.max() + 1L), "-1"));
                case Kind.OfSize size -> wrong.addAll(List.of("true", "word", "5s", "1", "" + (size.max() + 1L)));
                case Kind.OfLongSize size -> wrong.addAll(List.of("true", "word", "5s", "1", "" + (size.max() + 1L)));
                case Kind.OfDuration duration ->
                    wrong.addAll(List.of(
                            "true", "word", "64KiB", "-1", duration.bareUnit().isEmpty() ? "7" : "2000000"));
                case Kind.OneOf<?> any -> wrong.addAll(List.of("true", "word", "7"));
                case Rates.OfPercent percent -> wrong.addAll(List.of("7", "word"));
                case Rates.OfRate rate -> wrong.addAll(List.of("7", "word"));
                case Words.OfBoolean bool -> wrong.addAll(List.of("word", "7"));
                case Words.OfAddress address -> wrong.addAll(List.of("true", "7", "word"));
                case Kind.OfSocketPath path -> wrong.addAll(List.of("true", "7", "unix:/x", "'@x'"));
                case Words.OfIp ip -> wrong.addAll(List.of("true", "7", "word"));
                case Words.OfText any -> wrong.addAll(List.of("true", "7", "''"));
                case Words.OfName name -> wrong.addAll(List.of("true", "7", "two words"));
                case Words.OfPath path -> wrong.addAll(List.of("true", "7", "word"));
                case Words.OfSecret secret -> wrong.addAll(List.of("true", "7", "''"));
            }
        }
        for (String value : wrong) {
            String text = file(place, value);
            assertFalse(isRead(text), () -> "the reader takes " + text);
            assertFalse(isInSchema(text), () -> "the schema takes " + text);
        }
    }

    @ParameterizedTest
    @MethodSource("places")
    void bothRefuseWhatIsMissing(Place place) {
        if (place.key().presence() instanceof Key.Presence.Required<?>) {
            String text = file(place, null);
            assertFalse(isRead(text), text);
            assertFalse(isInSchema(text), text);
        }
    }

    @ParameterizedTest
    @MethodSource("places")
    void bothRefuseUnknownKeysBesideIt(Place place) {
        Place misspelt = new Place(new ArrayList<>(place.way()));
        Key<?> key = misspelt.way().removeLast();
        misspelt.way()
                .add(new Key<>(
                        key.name() + "x",
                        new Shape.One<>(new Words.OfName()),
                        new Key.Presence.Optional<>(),
                        null,
                        ""));
        String text = file(misspelt, "word");
        assertFalse(isRead(text), text);
        assertFalse(isInSchema(text), text);
    }

    @ParameterizedTest
    @MethodSource("places")
    void everyKeyIsExplained(Place place) {
        JsonNode at = JSON.valueToTree(JsonSchema.schema());
        for (Key<?> key : place.way()) {
            if (at.has("anyOf")) {
                at = at.get("anyOf").get(1);
            }
            if (at.has("items")) {
                at = at.get("items");
            }
            if (at.has("anyOf")) {
                at = at.get("anyOf").get(1);
            }
            at = at.get("properties").get(key.name());
            assertNotNull(at, place::toString);
        }
        String description = at.get("description").asText();
        assertTrue(description.startsWith(place.key().help()), description);
        assertTrue(description.matches("(?s).*[.)]"), description);
    }

    @Test
    void theLeastFileIsInIt() {
        String text = file(new Place(List.of()), null);
        assertTrue(isRead(text), text);
        assertTrue(isInSchema(text), text);
        assertEquals(0, SCHEMA.validate(json(text)).size());
    }

    /** The least file, with this value at this place; or without the key, for null. */
    private static String file(Place place, @Nullable String value) {
        Map<String, Object> listener = new LinkedHashMap<>(Map.of("bind", "h:1", "upstream", "u"));
        Map<String, Object> upstream = new LinkedHashMap<>(Map.of("name", "u", "endpoints", List.of("e:1")));
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("listeners", new ArrayList<>(List.of(listener)));
        root.put("upstreams", new ArrayList<>(List.of(upstream)));
        Map<String, Object> at = root;
        for (int i = 0; i < place.way().size() - 1; i++) {
            at = inner(at, place.way().get(i));
        }
        if (!place.way().isEmpty()) {
            if (value == null) {
                at.remove(place.key().name());
            } else {
                at.put(place.key().name(), new Flow(value));
            }
        }
        whatGoesWithIt(place, upstream);
        return flow(root) + "\n";
    }

    /** Some keys need others beside them. */
    @SuppressWarnings("unchecked") // it is made of these
    private static void whatGoesWithIt(Place place, Map<String, Object> upstream) {
        String last = place.way().isEmpty() ? "" : place.key().name();
        if (last.equals("at-most")) {
            upstream.put("health", "tcp");
        }
        if (upstream.get("when-down") instanceof Map<?, ?> map && !last.startsWith("hold")) {
            ((Map<String, Object>) map).put("hold", "1s");
        }
        if (upstream.get("health") instanceof Map<?, ?> map && !last.startsWith("check")) {
            Map<String, Object> health = (Map<String, Object>) map;
            health.put(
                    "check",
                    switch (last) {
                        case "path", "host" -> "http";
                        case "send", "expect" -> "expect";
                        case "user", "database" -> "postgres";
                        default -> "tcp";
                    });
            if (last.equals("send")) {
                health.put("expect", "hello");
            }
        }
    }

    @SuppressWarnings("unchecked") // it is made of these
    private static Map<String, Object> inner(Map<String, Object> map, Key<?> key) {
        boolean list = key.shape() instanceof Shape.Many<?>;
        Object there = map.get(key.name());
        if (list && there instanceof List<?> items && items.getFirst() instanceof Map<?, ?> item) {
            return (Map<String, Object>) item;
        }
        Map<String, Object> inner = new LinkedHashMap<>();
        if (key.name().equals("endpoints")) {
            inner.put("address", "e:1");
        }
        if (!list && there instanceof Map<?, ?> present) {
            return (Map<String, Object>) present;
        }
        map.put(key.name(), list ? new ArrayList<>(List.of(inner)) : inner);
        return inner;
    }

    private record Flow(String text) {}

    private static String flow(Object value) {
        return switch (value) {
            case Flow flow -> flow.text();
            case Map<?, ?> map ->
                "{"
                        + String.join(
                                ", ",
                                map.entrySet().stream()
                                        .map(e -> e.getKey() + ": " + flow(Objects.requireNonNull(e.getValue())))
                                        .toList())
                        + "}";
            case List<?> list ->
                "["
                        + String.join(
                                ", ",
                                list.stream()
                                        .map(v -> flow(Objects.requireNonNull(v)))
                                        .toList()) + "]";
            default -> value.toString();
        };
    }

    private static boolean isRead(String text) {
        return ConfigFile.parse("f", text, ENVIRONMENT, Given.NOTHING).isValid();
    }

    private static boolean isInSchema(String text) {
        return SCHEMA.validate(json(text)).isEmpty();
    }

    /** As an editor sees the file: with the types of the core schema. */
    private static JsonNode json(String text) {
        Problems problems = new Problems();
        Node node = YamlFile.parse(text, problems);
        assertEquals(List.of(), problems.lines("f"), text);
        return JSON.valueToTree(value(Objects.requireNonNull(node)));
    }

    private static @Nullable Object value(Node node) {
        return switch (node) {
            case Node.Sequence list -> {
                List<Object> values = new ArrayList<>();
                list.items().forEach(item -> values.add(value(item)));
                yield values;
            }
            case Node.Mapping map -> {
                Map<String, Object> values = new LinkedHashMap<>();
                map.entries().forEach(e -> values.put(e.key().text(), value(e.value())));
                yield values;
            }
            case Node.Scalar scalar ->
                switch (scalar.type()) {
                    case TEXT -> scalar.text();
                    case INTEGER ->
                        scalar.text().startsWith("0x")
                                ? (Object) Integer.decode(scalar.text())
                                : new java.math.BigInteger(scalar.text());
                    case NUMBER -> Double.valueOf(scalar.text());
                    case BOOLEAN -> Boolean.valueOf(scalar.text());
                    case NOTHING -> null;
                };
        };
    }
}
