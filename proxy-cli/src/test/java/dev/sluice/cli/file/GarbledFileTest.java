package dev.sluice.cli.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.options.Given;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Whatever stands in a file, the answer is a configuration or lines that say what is wrong; {@code -Dsluice.seed=…} runs one again. */
class GarbledFileTest {
    private static final int ROUNDS = 4_000;

    private static final String FILE = """
            # comment
            threads: 2
            pipe-size: 64KiB
            access-log: {format: json, file: "/var/log/x"}
            listeners:
              - &one
                name: pg
                bind: ["[::1]:6432", unix:/run/x]
                upstream: 'main'
                idle-timeout: ${IDLE:-5s}
                tcp: {keepalive: {idle: 9s, count: 7}, user-timeout: 6s}
            upstreams:
              - name: main
                endpoints:
                  - db1:5432
                  - address: >-
                      db2:5432
                  - |-
                      db3:5432
            """;

    private static final String[] PIECES = {
        "",
        " ",
        "\n",
        "\t",
        ":",
        ": ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "'",
        "\"",
        "#",
        "&one",
        "*one",
        "!!x ",
        "%YAML 9.9\n",
        "---\n",
        "...\n",
        "|\n",
        ">9\n",
        "? ",
        "<<: ",
        "\\x",
        "\"\\ud800\"",
        "\ud800",
        "\u0000",
        "\u0085",
        "\u2028",
        "\ufeff",
        "${",
        "}",
        "${file:/dev/null}",
        "${X}",
        "~",
        "0x",
        "1e999",
        "-",
        "99999999999999999999s",
        "db1:5432",
        "  ",
        "a: b\n",
        "\ud83d\udca7",
        "%01",
        "!<",
        "@",
        "`",
        "\r",
        "\r\n"
    };

    @Test
    void nothingIsBeyondWords() {
        Long asked = Long.getLong("sluice.seed");
        SplittableRandom seeds = new SplittableRandom();
        int valid = 0;
        for (int i = 0; i < ROUNDS; i++) {
            long seed = asked == null ? seeds.nextLong() : asked;
            String text = garbled(new SplittableRandom(seed));
            try {
                valid += check(text) ? 1 : 0;
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("with -Dsluice.seed=" + seed + ": " + e + " for\n" + text, e);
            }
        }
        assertTrue(asked != null || (valid > ROUNDS / 100 && valid < ROUNDS / 2), "valid: " + valid);
    }

    private static boolean check(String text) {
        ConfigFile file = ConfigFile.parse("f", text, Map.of(), Given.NOTHING);
        List<String> problems = file.problems();
        assertEquals(problems.isEmpty(), file.isValid());
        for (String problem : problems) {
            assertTrue(problem.matches("f:[1-9][0-9]*:[1-9][0-9]*: .+"), problem);
            assertFalse(problem.contains("null") && !text.contains("null"), problem);
        }
        if (file.isValid()) {
            ConfigFile again = ConfigFile.parse("f", file.effective(), Map.of(), Given.NOTHING);
            assertEquals(List.of(), again.problems(), file::effective);
            assertEquals(file.config(), again.config());
        }
        return file.isValid();
    }

    private static String garbled(SplittableRandom chance) {
        StringBuilder text = new StringBuilder(FILE);
        int changes = 1 + chance.nextInt(3);
        for (int i = 0; i < changes; i++) {
            int at = chance.nextInt(text.length());
            int length = chance.nextInt(3) == 0 ? chance.nextInt(Math.min(20, text.length() - at)) : 0;
            text.replace(at, at + length, PIECES[chance.nextInt(PIECES.length)]);
        }
        return text.toString();
    }
}
