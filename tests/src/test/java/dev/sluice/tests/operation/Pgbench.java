package dev.sluice.tests.operation;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * pgbench again and again, since it gives up at the first error: each round is a pgbench of its own. Each of its transactions connects
 * anew, and writes down its round and who has served it.
 */
final class Pgbench {
    static final String TABLE = "CREATE TABLE served (round int, server text, at timestamptz)";

    private static final int CLIENTS = 4;
    private static final int EACH = 15;
    static final int TRANSACTIONS = CLIENTS * EACH;

    private static final String TRANSACTION =
            "INSERT INTO served VALUES (:round, host(inet_server_addr()), clock_timestamp());\n";

    /** A round that has ended. */
    record Round(int number, int code, String said) {
        boolean isWhole() {
            return code == 0 && said.contains("actually processed: " + TRANSACTIONS + "/" + TRANSACTIONS);
        }
    }

    private final Path folder;
    private final List<String> command;
    private final AtomicInteger begun = new AtomicInteger();

    Pgbench(Path folder, int port) throws IOException {
        this.folder = folder;
        Path script = Files.writeString(folder.resolve("transaction.sql"), TRANSACTION);
        this.command = List.of(
                PostgresNode.program("pgbench"),
                "--no-vacuum",
                "--connect",
                "--client=" + CLIENTS,
                "--jobs=" + CLIENTS,
                "--transactions=" + EACH,
                "--file=" + script,
                "--host=127.0.0.1",
                "--port=" + port,
                "--username=postgres");
    }

    /** The newest round that has begun. */
    int begun() {
        return begun.get();
    }

    /** One round, to its end. */
    Round round() throws IOException, InterruptedException {
        int number = begun.incrementAndGet();
        Path said = folder.resolve("pgbench" + number);
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of("--define=round=" + number, "postgres"));
        ProcessBuilder builder = new ProcessBuilder(all);
        // With these, a connection that fails is an error, and not tried again in another way.
        builder.environment().put("PGSSLMODE", "disable");
        builder.environment().put("PGGSSENCMODE", "disable");
        Process process = builder.redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(said.toFile())
                .start();
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                throw new AssertionError("round " + number + " of pgbench still runs");
            }
        } finally {
            process.destroyForcibly();
        }
        return new Round(number, process.exitValue(), Files.readString(said));
    }

    /** Rounds until it is over. */
    List<Round> rounds(AtomicBoolean over) throws IOException, InterruptedException {
        List<Round> rounds = new ArrayList<>();
        while (!over.get()) {
            rounds.add(round());
        }
        return rounds;
    }
}
