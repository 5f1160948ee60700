package dev.sluice.cli.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.options.Given;
import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.Rates;
import dev.sluice.cli.options.Secret;
import dev.sluice.cli.options.Words;
import dev.sluice.cli.yaml.Node;
import dev.sluice.cli.yaml.Problems;
import dev.sluice.cli.yaml.Substitution;
import dev.sluice.cli.yaml.YamlFile;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the table can express: also what no key needs yet. */
class SectionTest {
    enum Word {
        REFUSE;

        @Override
        public String toString() {
            return "refuse";
        }
    }

    /** {@code refuse}, or {@code {hold: 30s, max: 1000}}. */
    record WhenDown(Duration hold, int max) {}

    private static final class HoldSection extends Section<WhenDown> {
        private final Key<Duration> hold = required(
                "hold", new Shape.One<>(new Kind.OfDuration(Duration.ofMillis(1), Duration.ofHours(1))), "How long.");
        private final Key<Integer> max = key("max", new Kind.OfNumber(1, 1_000_000), 1000, "How many.");

        @Override
        protected WhenDown build(Values values) {
            if (values.get(max) == 13) {
                throw values.wrong(max, "is 13; expected a number that brings luck");
            }
            return new WhenDown(values.get(hold), values.get(max));
        }
    }

    record Sample(
            @Nullable WhenDown whenDown,
            List<String> names,
            @Nullable Secret password,
            boolean on,
            long rate,
            long bandwidth,
            int percent) {}

    private static final class SampleSection extends Section<Sample> {
        private final Key<WhenDown> whenDown = optional(
                "when-down",
                new Shape.Either<>(
                        new Shape.Meaning<>(new Kind.OneOf<>(Word.class), word -> new WhenDown(Duration.ZERO, 0)),
                        new Shape.Map<>(new HoldSection()),
                        "{hold: 30s}"),
                "refuse",
                "What is done.");
        private final Key<List<String>> names =
                required("names", new Shape.Many<>(new Shape.One<>(new Words.OfName()), 1, true), "Who.");
        private final Key<Secret> password =
                optional("password", new Shape.One<>(new Words.OfSecret()), null, "Nobody knows.");
        private final Key<Boolean> on = key("on", new Words.OfBoolean(), true, "Whether.");
        private final Key<Long> rate = key("rate", new Rates.OfRate(1, 1000, false), 5L, "How often.");
        private final Key<Long> bandwidth = key("bandwidth", new Rates.OfRate(1, 1 << 30, true), 1L << 20, "How much.");
        private final Key<Integer> percent = key("percent", new Rates.OfPercent(1, 100), 50, "Of a hundred.");

        @Override
        protected Sample build(Values values) {
            return new Sample(
                    values.find(whenDown),
                    values.get(names),
                    values.find(password),
                    values.get(on),
                    values.get(rate),
                    values.get(bandwidth),
                    values.get(percent));
        }
    }

    private final Problems problems = new Problems();

    private @Nullable Value<Sample> read(String text) {
        Node node = Objects.requireNonNull(YamlFile.parse(text, problems));
        Reading reading = new Reading(problems, new Substitution(Map.of("WORD", "refuse")), Given.NOTHING);
        return new Shape.Map<>(new SampleSection()).read("sample", node, reading);
    }

    private Sample sample(String text) {
        Value<Sample> value = read(text);
        assertEquals(List.of(), problems.lines("f"));
        return Objects.requireNonNull(value).value();
    }

    private String problem(String text) {
        assertNull(read(text));
        List<String> lines = problems.lines("f");
        assertEquals(1, lines.size(), lines.toString());
        return lines.getFirst();
    }

    @Test
    void everyShape() {
        Sample sample = sample("""
                when-down: {hold: 30s, max: 7}
                names: [a, b]
                password: hunter2
                on: false
                rate: 500/s
                bandwidth: 10MiB/s
                percent: 33%
                """);
        assertEquals(
                new Sample(
                        new WhenDown(Duration.ofSeconds(30), 7),
                        List.of("a", "b"),
                        new Secret("hunter2"),
                        false,
                        500,
                        10 << 20,
                        33),
                sample);
    }

    @Test
    void aWordInsteadOfAMapAndOneInsteadOfAList() {
        Sample sample = sample("{when-down: \"${WORD}\", names: a}");
        assertEquals(new WhenDown(Duration.ZERO, 0), sample.whenDown());
        assertEquals(List.of("a"), sample.names());
        assertNull(sample.password());
        assertTrue(sample.on());
    }

    @Test
    void aSecretIsShownNowhere() {
        Value<Sample> value = Objects.requireNonNull(read("{names: a, password: hunter2}"));
        String shown = YamlText.of(value.tree()) + value.value();
        assertFalse(shown.contains("hunter2"), shown);
        assertTrue(shown.contains("password: \"***\""), shown);
        assertNotNull(read(YamlText.of(value.tree())));
        assertEquals(
                "f:1:22: password is a list; expected a secret, such as ${file:/run/secrets/password}",
                problem("{names: a, password: [hunter2]}"));
    }

    @Test
    void rulesBetweenValuesPointAtTheirPlace() {
        assertEquals(
                "f:1:33: max is 13; expected a number that brings luck",
                problem("{when-down: {hold: 1s,     max: 13}, names: a}"));
    }

    @Test
    void neitherTheWordNorTheMap() {
        assertEquals(
                "f:1:13: when-down is a list; expected one of refuse, or a map with hold",
                problem("{when-down: [], names: a}"));
    }

    @Test
    void aWordThatIsNone() {
        assertEquals(
                "f:1:13: when-down 'hold' is no word but a key; expected {hold: 30s}",
                problem("{when-down: hold, names: a}"));
    }

    @Test
    void ratesAndPercents() {
        assertEquals("f:1:18: rate '5' is not a rate (such as 500/s)", problem("{names: a, rate: 5}"));
        Rates.OfRate bytes = new Rates.OfRate(1024, 1 << 20, true);
        assertEquals("1KiB/s to 1MiB/s", bytes.range());
        assertEquals(2048, bytes.read("2KiB/s"));
        assertThrows(IllegalArgumentException.class, () -> bytes.read("2MiB/s"));
        assertThrows(IllegalArgumentException.class, () -> bytes.read("2KiB"));
        Rates.OfPercent percent = new Rates.OfPercent(1, 100);
        assertEquals(100, percent.read("100%"));
        assertThrows(IllegalArgumentException.class, () -> percent.read("101%"));
        assertThrows(IllegalArgumentException.class, () -> percent.read("50"));
    }

    @Test
    void theSchemaHasThemAll() {
        String schema = JsonSchema.map(new SampleSection()).toString();
        for (String part :
                new String[] {"anyOf=[{anyOf=[{enum=[refuse]}", "required=[hold]", "%$", "/s$", "type=boolean"}) {
            assertTrue(schema.contains(part), () -> part + " in " + schema);
        }
    }
}
