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
import dev.sluice.cli.options.Dns;
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
                "fd:web",
                "'fd:'",
                "/var/x",
                "10.0.0.5",
                "'::1'",
                "refuse",
                "close-listener",
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
        values.add(flow(sample(shape)));
        if (shape instanceof Shape.One<?> one && !one.kind().isText()) {
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
        assertTrue(taken > 0, "no value of " + place + " is right");
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
                case Kind.OfBusyPoll poll -> wrong.addAll(List.of("true", "word", "64KiB", "-1", "2000000"));
                case Kind.OfPin pin -> wrong.addAll(List.of("true", "word", "1024", "0-", "-1"));
                case Kind.OneOf<?> any ->
                    wrong.addAll(List.of(any.range().contains("true") ? "yes" : "true", "word", "7"));
                case Rates.OfPercent percent -> wrong.addAll(List.of("7", "word"));
                case Rates.OfRate rate -> wrong.addAll(List.of("7", "word"));
                case Words.OfBoolean bool -> wrong.addAll(List.of("word", "7"));
                case Words.OfAddress address -> wrong.addAll(List.of("true", "7", "word"));
                case Words.OfAdmin admin -> wrong.addAll(List.of("true", "7", "word"));
                case Kind.OfSocketPath path -> wrong.addAll(List.of("true", "7", "unix:/x", "'@x'"));
                case Dns.OfService service -> wrong.addAll(List.of("true", "7", "two words", "h:1"));
                case Dns.OfServer server -> wrong.addAll(List.of("true", "7", "word", "h:1"));
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
        Map<String, Object> root = least(new FileSection());
        Map<String, Object> at = root;
        for (Key<?> key : place.way().subList(0, Math.max(0, place.way().size() - 1))) {
            at = inner(at, key);
        }
        if (!place.way().isEmpty()) {
            if (value == null) {
                at.remove(place.key().name());
            } else {
                Section<?> around = place.way().size() < 2
                        ? new FileSection()
                        : Objects.requireNonNull(
                                section(place.way().get(place.way().size() - 2).shape()));
                if (around.oneOf().contains(place.key().name())) {
                    around.oneOf().forEach(at::remove);
                }
                at.put(place.key().name(), new Flow(value));
            }
        }
        if (root.get("upstreams") instanceof List<?> upstreams) {
            whatGoesWithIt(place, upstreams.getFirst());
        }
        return flow(root) + "\n";
    }

    /** Some keys need others beside them. */
    @SuppressWarnings("unchecked") // it is made of these
    private static void whatGoesWithIt(Place place, Object item) {
        Map<String, Object> upstream = (Map<String, Object>) item;
        String last = place.way().isEmpty() ? "" : place.key().name();
        if (last.equals("at-most")) {
            upstream.put("health", "tcp");
        }
        if (upstream.get("health") instanceof Map<?, ?> map && !last.startsWith("check")) {
            Map<String, Object> health = (Map<String, Object>) map;
            health.put(
                    "check",
                    switch (last) {
                        case "path", "host" -> "http";
                        case "send", "expect" -> "expect";
                        case "user", "database", "role" -> "postgres";
                        case "password-file", "max-lag" -> "redis";
                        case "send-proxy" -> "http";
                        default -> "tcp";
                    });
            switch (last) {
                case "send" -> health.put("expect", "hello");
                case "role" -> health.put("user", "hello");
                case "password-file", "max-lag" -> health.put("role", "replica");
                default -> {}
            }
        }
    }

    /** The map behind a key, or the first one of the list there; made if need be. */
    @SuppressWarnings("unchecked") // sample() makes no other maps
    private static Map<String, Object> inner(Map<String, Object> map, Key<?> key) {
        Object there = map.computeIfAbsent(key.name(), name -> sample(key.shape()));
        return (Map<String, Object>) (there instanceof List<?> items ? items.getFirst() : there);
    }

    /** A map with those keys only that must be there. */
    private static Map<String, Object> least(Section<?> section) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (Key<?> key : section.keys()) {
            if (key.presence() instanceof Key.Presence.Required<?>) {
                map.put(key.name(), sample(key.shape()));
            }
        }
        Key<?> alternative = section.keys().stream()
                .filter(key ->
                        key.name().equals(section.oneOf().stream().findFirst().orElse("")))
                .findFirst()
                .orElse(null);
        if (alternative != null) {
            map.put(alternative.name(), sample(alternative.shape()));
        }
        return map;
    }

    /** A value that is right. */
    private static Object sample(Shape<?> shape) {
        return switch (shape) {
            case Shape.One<?> one -> new Flow(sample(one.kind()));
            case Shape.Meaning<?, ?> meaning -> new Flow(sample(meaning.kind()));
            case Shape.Definition definition -> new Flow("u");
            case Shape.Reference reference -> new Flow("u");
            case Shape.Many<?> many -> new ArrayList<>(List.of(sample(many.item())));
            case Shape.Map<?> map -> least(map.section());
            case Shape.Either<?> either -> least(either.map().section());
        };
    }

    private static String sample(Kind<?> kind) {
        return switch (kind) {
            case Words.OfAddress address -> "h:1";
            case Dns.OfService service -> "_pg._tcp.x";
            case Words.OfAdmin admin -> "127.0.0.1:1";
            case Words.OfIp ip -> "10.0.0.5";
            case Words.OfText any -> "hello";
            case Kind.OfSocketPath path -> "/run/x";
            case Words.OfName name -> "u";
            case Words.OfPath path -> "/var/x";
            case Words.OfSecret secret -> "s3cret";
            default -> "'" + kind.range().split(" to |, or |, ", -1)[0] + "'";
        };
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
