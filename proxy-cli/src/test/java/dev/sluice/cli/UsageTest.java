package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.Cli.Result;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.options.Setting;
import dev.sluice.cli.options.Settings;
import dev.sluice.cli.text.Units;
import dev.sluice.proxy.config.LoopSettings;
import dev.sluice.proxy.config.Timeouts;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "run",
                "demo",
                "doctor",
                "top",
                "status",
                "sessions",
                "endpoints",
                "endpoint",
                "upstream",
                "kill",
                "events",
                "reload",
                "drain",
                "quit",
                "wait"
            })
    void everyCommandHasHelpAndAVersion(String command) {
        Result help = command.isEmpty() ? Cli.run("--help") : Cli.run(command, "--help");
        assertEquals(Exit.OK, help.code());
        assertEquals("", help.err());
        assertTrue(help.out().startsWith("Usage: sluice"), help.out());

        Result version = command.isEmpty() ? Cli.run("--version") : Cli.run(command, "--version");
        assertEquals(Exit.OK, version.code());
        assertEquals("", version.err());
        assertTrue(version.out().matches("sluice \\S+ \\(JDK \\S+, Linux \\S+ (x86-64|aarch64)\\)\n"), version.out());
    }

    @Test
    void withoutACommandItShowsTheUsage() {
        Result result = Cli.run();
        assertEquals(Exit.USAGE, result.code());
        assertEquals("", result.out());
        assertTrue(result.err().startsWith("Usage: sluice"), result.err());
        assertTrue(result.err().contains("doctor"), result.err());
    }

    @Test
    void helpTellsTheRangeAndTheDefaultOfEverySetting() {
        String help = Cli.run("run", "--help").out().replaceAll("\\s+", " ");
        for (Setting<?> setting : Settings.ALL) {
            String text = setting.option() + "=" + setting.kind().label() + " " + setting.help() + " ("
                    + setting.kind().range() + "; default: " + setting.standardText() + ")";
            assertTrue(help.contains(text), text + " in: " + help);
        }
        for (String text : new String[] {
            "(1ms to 1d; default: " + Units.format(Timeouts.DEFAULTS.connect()) + ")",
            "0: never. (0, or 1ms to 30d; default: " + Units.format(Timeouts.DEFAULTS.idle()) + ")",
            "(4 KiB to 1 GiB; default: 256KiB)",
            "(1 to " + LoopSettings.MAX_THREADS + "; default: one per core)",
            "(splice, copy, auto; default: splice)",
        }) {
            assertTrue(help.contains(text), text + " in: " + help);
        }
    }

    @Test
    void helpIsThereWhateverTheEnvironmentSays() {
        assertEquals(
                Exit.OK,
                Cli.run(Map.of("SLUICE_THREADS", "none"), "run", "--help").code());
    }

    @Test
    void unknownWordsAreNamedWithWhatComesClose() {
        Cli.run("rum").assertComplains(Exit.USAGE, "sluice: ", "'rum'", "did you mean run");
        Cli.run("run", "--lisen", "a").assertComplains(Exit.USAGE, "sluice run: ", "--lisen", "did you mean --listen?");
        Cli.run("demo", "--one").assertComplains(Exit.USAGE, "sluice demo: ", "'--one'");
        Cli.run("doctor", "now").assertComplains(Exit.USAGE, "sluice doctor: ", "'now'");
    }

    @Test
    void aComplaintIsOneLineWhateverWasTyped() {
        Cli.run("run", "--listen", "a\nb\u001b[2J", "--to", "c:1").assertComplains(Exit.USAGE, "a\\x0ab\\x1b[2J");
    }

    @Test
    void noFileIsReadForAnArgument() {
        Cli.run("@/etc/passwd").assertComplains(Exit.USAGE, "'@/etc/passwd'");
    }

    @Test
    void wrongNumbersOfTheOthers() {
        Cli.run("demo", "--seconds", "0").assertComplains(Exit.USAGE, "--seconds '0'", "1 to 60");
        Cli.run("demo", "--streams", "many").assertComplains(Exit.USAGE, "--streams 'many'", "1 to 256");
        Cli.run("doctor", "--pipe-size", "1").assertComplains(Exit.USAGE, "--pipe-size '1'", "4 KiB to 1 GiB");
        Cli.run(Map.of("SLUICE_PIPE_SIZE", "1"), "doctor").assertComplains(Exit.USAGE, "SLUICE_PIPE_SIZE '1'");
    }
}
