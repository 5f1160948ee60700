package dev.sluice.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class SettingsTest {
    static final List<Setting<?>> ALL = Settings.ALL;

    @ParameterizedTest
    @FieldSource("ALL")
    <T> void theDefaultIsWrittenAsItIsRead(Setting<T> setting) {
        String text = setting.kind().write(setting.standard());
        assertEquals(setting.standard(), setting.kind().read(text));
    }

    @Test
    void everySettingIsInTheTableOnce() throws IllegalAccessException {
        Set<Object> constants = new HashSet<>();
        for (var field : Settings.class.getFields()) {
            if (field.getType() == Setting.class) {
                constants.add(field.get(null));
            }
        }
        assertEquals(constants, Set.copyOf(Settings.ALL));
        assertEquals(
                Settings.ALL.size(),
                Settings.ALL.stream().map(Setting::key).distinct().count());
    }

    @Test
    void namesFollowFromTheKey() {
        assertEquals("--pipe-size", Settings.PIPE_SIZE.option());
        assertEquals("SLUICE_PIPE_SIZE", Settings.PIPE_SIZE.variable());
    }

    @Test
    void rangesInWords() {
        Kind.OfDuration seconds = new Kind.OfDuration(Duration.ofSeconds(1), Duration.ofMinutes(2));
        assertEquals("1s to 2m", seconds.range());
        assertEquals("0, or 1s to 2m", seconds.orZero().range());
        assertEquals("1 KiB to 64 KiB", new Kind.OfSize(1 << 10, 64 << 10).range());
        assertEquals("1 to 5", new Kind.OfNumber(1, 5).range());
        assertRefused(seconds, "0", "'0' is out of range: 1s to 2m");
        assertRefused(seconds.orZero(), "121s", "'121s' is out of range: 0, or 1s to 2m");
        assertRefused(new Kind.OfNumber(1, 5), "6", "'6' is out of range: 1 to 5");
        assertRefused(new Kind.OfNumber(1, 5), "one", "'one' is not a whole number of 1 to 5");
        assertRefused(new Kind.OfSize(1 << 10, 64 << 10), "3GiB", "'3GiB' is out of range: 1 KiB to 64 KiB");
        assertEquals(Duration.ZERO, seconds.orZero().read("0"));
        assertEquals(64 << 10, new Kind.OfSize(1 << 10, 64 << 10).read("64KiB"));
    }

    private static void assertRefused(Kind<?> kind, String text, String why) {
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> kind.read(text));
        assertEquals(why, refused.getMessage());
    }

    @Test
    void variablesThatNobodyReads() {
        Map<String, String> environment = Map.of(
                "SLUICE_TREADS", "2",
                "SLUICE_THREADS", "2",
                "SLUICE_LISTEN", "h:1",
                "SLUICE_DEBUG", "1",
                "SLUICE_PORT_5432_TCP", "tcp://10.0.0.1:5432",
                "SLUICE_SERVICE_HOST", "10.0.0.1",
                "TREADS", "2");
        assertEquals(List.of("SLUICE_LISTEN", "SLUICE_TREADS"), EnvironmentOptions.unknown(environment, Set.of()));
        assertTrue(EnvironmentOptions.unknown(environment, Set.of("SLUICE_LISTEN", "SLUICE_TREADS"))
                .isEmpty());
    }
}
