package dev.sluice.cli.file;

import dev.sluice.cli.file.section.FileSection;
import dev.sluice.cli.options.Dns;
import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.Rates;
import dev.sluice.cli.options.Words;
import dev.sluice.proxy.config.CpuList;
import dev.sluice.proxy.config.Pin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The JSON Schema (draft 7) of the file, for editors. It takes all that the reader takes; what it cannot express, such as the range
 * of a duration or what a {@code ${VARIABLE}} stands for, is left to the reader.
 */
public final class JsonSchema {
    private static final String SUBSTITUTED = "\\$\\{";

    private JsonSchema() {}

    /** The schema as maps, lists, text, numbers and booleans. */
    public static Map<String, Object> schema() {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("$schema", "http://json-schema.org/draft-07/schema#");
        schema.put("title", "sluice.yaml");
        schema.put("description", "The configuration file of sluice.");
        schema.putAll(map(new FileSection()));
        return schema;
    }

    static Map<String, Object> map(Section<?> section) {
        Map<String, Object> properties = new LinkedHashMap<>();
        List<Object> required = new ArrayList<>();
        for (Key<?> key : section.keys()) {
            properties.put(key.name(), key(key));
            if (key.presence() instanceof Key.Presence.Required<?>) {
                required.add(key.name());
            }
        }
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("additionalProperties", false);
        if (!required.isEmpty()) {
            schema.put("required", required);
        }
        if (!section.oneOf().isEmpty()) {
            schema.put(
                    "oneOf",
                    section.oneOf().stream()
                            .map(name -> Map.of("required", List.of(name)))
                            .toList());
        }
        schema.put("properties", properties);
        return schema;
    }

    private static <T> Map<String, Object> key(Key<T> key) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("description", KeyText.describe(key));
        Object standard = standard(key);
        if (standard != null) {
            schema.put("default", standard);
        }
        schema.putAll(shape(key.shape()));
        return schema;
    }

    /** The default as a file has it; null if there is none that is the same everywhere. */
    private static <T> @Nullable Object standard(Key<T> key) {
        if (key.presence() instanceof Key.Presence.Said<T> said) {
            return said.word();
        }
        T value = switch (key.presence()) {
            case Key.Presence.Standard<T> standard -> standard.value();
            case Key.Presence.Global<T> global -> global.setting().standard();
            case Key.Presence.Inherited<T> inherited -> inherited.setting().standard();
            default -> null;
        };
        if (value == null || !(key.shape() instanceof Shape.One<T> one)) {
            return null;
        }
        String text = one.kind().write(value);
        return !text.equals(key.standardText())
                ? null
                : value instanceof Integer || value instanceof Boolean
                        ? (one.kind() instanceof Kind.OfSize ? text : value)
                        : text;
    }

    private static Map<String, Object> shape(Shape<?> shape) {
        return switch (shape) {
            case Shape.One<?> one -> kind(one.kind());
            case Shape.Meaning<?, ?> meaning -> kind(meaning.kind());
            case Shape.Definition definition -> kind(definition.kind());
            case Shape.Reference reference -> kind(reference.kind());
            case Shape.Many<?> many -> many(many);
            case Shape.Map<?> map ->
                map.only() == null ? map(map.section()) : anyOf(shape(map.only().shape()), map(map.section()));
            case Shape.Either<?> either -> anyOf(shape(either.word()), shape(either.map()));
        };
    }

    private static Map<String, Object> many(Shape.Many<?> many) {
        Map<String, Object> list = new LinkedHashMap<>();
        list.put("type", "array");
        list.put("minItems", many.least());
        list.put("items", shape(many.item()));
        return many.loose() ? anyOf(shape(many.item()), list) : list;
    }

    private static Map<String, Object> kind(Kind<?> kind) {
        return switch (kind) {
            case Kind.OfNumber number -> number(number.min(), number.max(), "[+-]?[0-9]+");
            case Kind.OfSize size -> number(size.min(), size.max(), "[0-9]+\\s*(B|KiB|MiB|GiB)?\\s*");
            case Kind.OfLongSize size -> number(size.min(), size.max(), "[0-9]+\\s*(B|KiB|MiB|GiB)?\\s*");
            case Kind.OfDuration duration -> duration(duration);
            case Kind.OfBusyPoll poll -> anyOf(Map.of("enum", List.of(Kind.OfBusyPoll.AUTO)), duration(poll.time()));
            case Kind.OfPin pin ->
                anyOf(
                        Map.of("enum", List.of(Pin.AUTO.toString(), Pin.OFF.toString())),
                        number(0, CpuList.MAX, "[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*"));
            case Rates.OfPercent percent -> text("^[0-9]{1,3}%$");
            case Rates.OfRate rate -> text(rate.bytes() ? "^[0-9]+\\s*(B|KiB|MiB|GiB)?/s$" : "^[0-9]+/s$");
            case Kind.OneOf<?> one ->
                anyOf(
                        Map.of(
                                "enum",
                                Arrays.stream(one.type().getEnumConstants())
                                        .flatMap(constant -> words(constant.toString()))
                                        .toList()),
                        Map.of("type", "string", "pattern", SUBSTITUTED));
            case Words.OfBoolean bool -> anyOf(Map.of("type", "boolean"), text("^(true|false)$"));
            case Words.OfAddress address ->
                text((address.listening() ? "^fd:[!-9;-~]{1,255}$|" : "") + "^unix:.|:[0-9]{1,5}$");
            case Kind.OfSocketPath path -> text("^(?!@|unix:)");
            case Dns.OfService service -> text("^[A-Za-z0-9_.-]+$");
            case Dns.OfServer server ->
                text("^([0-9.]+(:[0-9]{1,5})?|\\[.+\\]:[0-9]{1,5}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(%.+)?)$");
            case Words.OfAdmin admin -> text("^$|^unix:/|:[0-9]{1,5}$");
            case Words.OfIp ip -> text("^([0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(%.+)?)$");
            case Words.OfName name -> text("^" + Words.OfName.PATTERN + "$");
            case Words.OfPath path -> text("^/");
            case Words.OfSecret secret -> text(".");
            case Words.OfText any -> text(".");
        };
    }

    /** A word that YAML takes for a boolean is one to an editor, unless it stands in quotes. */
    private static Stream<Object> words(String word) {
        return word.equals("true") || word.equals("false") ? Stream.of(word, Boolean.valueOf(word)) : Stream.of(word);
    }

    private static Map<String, Object> duration(Kind.OfDuration duration) {
        String withUnit = "[0-9]+\\s*(d|h|m|s|ms|us|ns)\\s*";
        if (!duration.bareUnit().isEmpty()) {
            long most = duration.max().dividedBy(Duration.ofNanos(1000));
            return number(0, most, "[0-9]+\\s*|" + withUnit);
        }
        return duration.zero() ? number(0, 0, "0+\\s*|" + withUnit) : text("^(" + withUnit + ")$");
    }

    private static Map<String, Object> number(long min, long max, String asText) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", List.of("integer", "string"));
        schema.put("minimum", min);
        schema.put("maximum", max);
        schema.put("pattern", "^(" + asText + ")$|" + SUBSTITUTED);
        return schema;
    }

    private static Map<String, Object> text(String pattern) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "string");
        schema.put("pattern", pattern + "|" + SUBSTITUTED);
        return schema;
    }

    private static Map<String, Object> anyOf(Map<String, Object> one, Map<String, Object> other) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("anyOf", List.of(one, other));
        return schema;
    }
}
