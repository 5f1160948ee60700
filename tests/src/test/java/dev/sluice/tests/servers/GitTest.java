package dev.sluice.tests.servers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tests.testkit.Daemon;
import dev.sluice.tests.testkit.Machine;
import dev.sluice.tests.testkit.Payload;
import dev.sluice.tests.testkit.Relay;
import dev.sluice.tests.testkit.Relays;
import dev.sluice.tests.testkit.SluiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** git's own protocol: a negotiation in which both sides wait for each other, then a large pack in one direction. */
@Timeout(120)
class GitTest {
    private static final byte[] LARGE = Payload.bytes(6, 20 << 20);

    @TempDir
    private Path folder;

    private Path git;

    @BeforeEach
    void makeRepository() throws Exception {
        git = Machine.needs("git", "git");
        Path work = Files.createDirectories(folder.resolve("work"));
        git(work, "init", "-q", "-b", "main");
        for (int i = 0; i < 20; i++) {
            Files.writeString(work.resolve("small" + i), "file " + i + "\n");
        }
        Files.write(work.resolve("large"), LARGE);
        git(work, "add", ".");
        git(work, "commit", "-q", "-m", "first");
        git(folder, "clone", "-q", "--bare", "work", "served/repo.git");
    }

    @Relays
    void cloneAndPush(Relay relay) throws Exception {
        int port = Machine.freePort();
        // Not `git daemon`, which would be a process of its own in front of it.
        Path daemon = Path.of(git(folder, "--exec-path").strip(), "git-daemon");
        List<String> command = List.of(
                daemon.toString(),
                "--listen=127.0.0.1",
                "--port=" + port,
                "--base-path=" + folder.resolve("served"),
                "--export-all",
                "--enable=receive-pack");
        try (Daemon server = Daemon.start(folder, port, command);
                SluiceProcess sluice = SluiceProcess.run(
                        "--listen", "127.0.0.1:0", "--to", "127.0.0.1:" + port, "--relay", relay.word())) {
            git(folder, "clone", "-q", "git://127.0.0.1:" + sluice.port() + "/repo.git", "clone");
            Path clone = folder.resolve("clone");
            assertArrayEquals(LARGE, Files.readAllBytes(clone.resolve("large")));
            git(clone, "fsck", "--full", "--strict");

            byte[] changed = Arrays.copyOf(LARGE, LARGE.length / 2);
            Files.write(clone.resolve("half"), changed);
            git(clone, "add", ".");
            git(clone, "commit", "-q", "-m", "second");
            git(clone, "push", "-q", "origin", "main");
            assertEquals(
                    git(clone, "rev-parse", "HEAD"),
                    git(folder.resolve("served/repo.git"), "rev-parse", "refs/heads/main"));
            assertTrue(sluice.awaitLog(0, 2).getFirst().down() > LARGE.length, sluice::toString);
            assertTrue(server.isRunning());
        }
    }

    /** Runs git in a folder, and returns what it says. The user's own settings are none of its business. */
    private String git(Path where, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(git.toString(), "-c", "safe.directory=*"));
        command.addAll(Arrays.asList(arguments));
        Path out = folder.resolve("git.out");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(where.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("GIT_"));
        builder.environment().put("GIT_CONFIG_GLOBAL", "/dev/null");
        builder.environment().put("GIT_CONFIG_NOSYSTEM", "1");
        for (String who : List.of("AUTHOR", "COMMITTER")) {
            builder.environment().put("GIT_" + who + "_NAME", "A Test");
            builder.environment().put("GIT_" + who + "_EMAIL", "test@localhost");
        }
        Process process = builder.start();
        try {
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), () -> "still running: " + command);
        } finally {
            process.destroyForcibly();
        }
        String said = Files.readString(out);
        assertEquals(0, process.exitValue(), () -> command + ": " + said);
        return said;
    }
}
