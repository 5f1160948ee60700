package dev.sluice.cli.bench.lab;

import dev.sluice.cli.common.CommandFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The words that start this very program again: the same JVM with the same options, up to the program's own words. */
final class SelfCommand {
    private static final String ENTRY = "dev.sluice.cli.Entry";
    private static final String MAIN = "dev.sluice.cli.Main";

    private SelfCommand() {}

    /** Reads them from /proc/self/cmdline, proc_pid_cmdline(5). */
    static List<String> words() {
        try {
            String line = Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.UTF_8);
            String java = ProcessHandle.current().info().command().orElse("java");
            return upToProgram(java, List.of(line.split("\0", -1)));
        } catch (IOException e) {
            throw new CommandFailure("cannot tell how this process was started: " + e.getMessage());
        }
    }

    /**
     * The words of a command line up to and with {@code -jar FILE} or the main class.
     *
     * @param java what stands for the first word, which may be short or wrong
     * @throws CommandFailure when there is neither
     */
    static List<String> upToProgram(String java, List<String> line) {
        List<String> words = new ArrayList<>(List.of(java));
        for (int i = 1; i < line.size(); i++) {
            words.add(line.get(i));
            if (line.get(i).equals("-jar") && i + 1 < line.size()) {
                words.add(line.get(i + 1));
                return words;
            }
            if (line.get(i).equals(ENTRY) || line.get(i).equals(MAIN)) {
                return words;
            }
        }
        throw new CommandFailure("cannot tell how this process was started: no -jar in its command line");
    }
}
