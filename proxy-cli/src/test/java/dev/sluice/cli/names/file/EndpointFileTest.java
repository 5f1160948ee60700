package dev.sluice.cli.names.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.EndpointAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class EndpointFileTest {
    @TempDir
    private Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("pg.endpoints"), text);
    }

    private List<EndpointLine> read(String text) throws Exception {
        return EndpointFile.read(file(text));
    }

    /** The problems of a text, without the file's name. */
    private List<String> problems(String text) throws IOException {
        Path file = file(text);
        EndpointFileException failure = assertThrows(EndpointFileException.class, () -> EndpointFile.read(file));
        return failure.problems().stream()
                .map(problem -> {
                    assertTrue(problem.startsWith(file + ":"), problem);
                    return problem.substring(file.toString().length() + 1);
                })
                .toList();
    }

    private static EndpointLine line(
            int line, String address, @Nullable Integer weight, boolean backup, @Nullable Integer maxSessions) {
        return new EndpointLine(line, EndpointAddress.parse(address), weight, backup, maxSessions);
    }

    @Test
    void addressesAndWordsBehindThem() throws Exception {
        String text = """
                # all of them
                10.0.0.5:5432

                  db2:5432   weight=3 max-sessions=200 # the large one
                [fd00::7]:5432\tbackup
                unix:/run/a#b.sock max-sessions=1 backup weight=256
                #10.0.0.6:5432
                """;
        assertEquals(
                List.of(
                        line(2, "10.0.0.5:5432", null, false, null),
                        line(4, "db2:5432", 3, false, 200),
                        line(5, "[fd00::7]:5432", null, true, null),
                        line(6, "unix:/run/a#b.sock", 256, true, 1)),
                read(text));
    }

    @Test
    void otherWaysToEndALineAndToBeginAFile() throws Exception {
        assertEquals(
                List.of(line(1, "a:1", null, false, null), line(2, "b:2", null, true, null)),
                read("\ufeffa:1\r\nb:2 backup\r\n"));
        assertEquals(List.of(line(1, "a:1", null, false, null)), read("a:1"));
    }

    @Test
    void aLineAsLongAsTheFileMakesAShortMessage() throws Exception {
        List<String> problems = problems("x".repeat(100_000) + "\na:1 " + "y".repeat(100_000));
        assertEquals(2, problems.size());
        assertTrue(problems.stream().allMatch(problem -> problem.length() < 1000), "longer than a line of a log");
        assertTrue(problems.getLast().startsWith("2:5: 'yyy"), problems.getLast());
        assertTrue(problems.getLast().endsWith("each once at most"), problems.getLast());
    }

    @Test
    void nobodyIsAGroupToo() throws Exception {
        assertEquals(List.of(), read(""));
        assertEquals(List.of(), read("# nobody today\n\n"));
    }

    @Test
    void everyProblemIsToldWithItsPlace() throws Exception {
        String text = """
                10.0.0.5
                db1:5432 weight=257
                db2:5432 weight=3 wait=4
                db3:0
                db1:5432
                db4:5432 backup backup weight=1 weight=1
                  db5:5432 max-sessions=99999999999 weight=0
                [fd00:::1]:5432
                """;
        String expected = "; expected weight=N, backup or max-sessions=N, each once at most";
        assertEquals(
                List.of(
                        "1:1: '10.0.0.5' is not an address: the port is missing"
                                + " (expected host:port, [ipv6]:port or unix:/path)",
                        "2:17: '257' is not possible; expected a number of 0 to 256",
                        "3:19: 'wait=4' is not expected here" + expected,
                        "4:1: 'db3:0': nothing can be reached on port 0; expected a port of 1 to 65535",
                        "5:1: 'db1:5432' is in line 2 already; expected each address once",
                        "6:17: 'backup' is not expected here" + expected,
                        "6:33: 'weight=1' is not expected here" + expected,
                        "7:25: '99999999999' is not possible; expected a number of 0 to 10000000",
                        "8:1: '[fd00:::1]:5432' is no IP address of this machine's networks"),
                problems(text));
    }

    @Test
    void oneLineInAnExceptionSaysHowManyThereAre() throws Exception {
        Path file = file("a\nb\nc\n");
        EndpointFileException failure = assertThrows(EndpointFileException.class, () -> EndpointFile.read(file));
        assertTrue(String.valueOf(failure.getMessage()).endsWith("(and 2 more)"), failure.getMessage());
    }

    @Test
    void whatIsInItCannotDriveATerminal() throws Exception {
        assertTrue(problems("db1:5432 \u001b[31m\n").getFirst().contains("\\x1b[31m"));
    }

    @Test
    void filesAsAWhole() throws Exception {
        assertEquals(
                List.of(" is too large: expected 1 MiB at most"), problems("#".repeat(EndpointFile.MAX_BYTES + 1)));
        file("#".repeat(EndpointFile.MAX_BYTES));
        assertEquals(List.of(), EndpointFile.read(folder.resolve("pg.endpoints")));

        Files.write(folder.resolve("pg.endpoints"), new byte[] {'a', (byte) 0xff});
        EndpointFileException latin =
                assertThrows(EndpointFileException.class, () -> EndpointFile.read(folder.resolve("pg.endpoints")));
        assertTrue(String.valueOf(latin.getMessage()).endsWith(": is not UTF-8"), latin.getMessage());

        EndpointFileException none =
                assertThrows(EndpointFileException.class, () -> EndpointFile.read(folder.resolve("none")));
        assertEquals(folder.resolve("none") + ": does not exist", none.getMessage());

        EndpointFileException directory = assertThrows(EndpointFileException.class, () -> EndpointFile.read(folder));
        assertEquals(folder + ": is a folder; expected a file", directory.getMessage());
    }

    @Test
    void tooManyEndpoints() throws Exception {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i <= EndpointFile.MAX_ENDPOINTS; i++) {
            text.append("db:").append(i + 1).append('\n');
        }
        assertEquals(
                List.of(EndpointFile.MAX_ENDPOINTS + 1 + ":1: is one endpoint too many; expected at most 4096"),
                problems(text.toString()));
        assertEquals(
                EndpointFile.MAX_ENDPOINTS,
                read(text.substring(0, text.lastIndexOf("db:"))).size());
    }

    /** A reader of one would wait for a writer. */
    @Test
    @Timeout(20)
    void aFifoIsNotOpened() throws Exception {
        Path fifo = folder.resolve("fifo");
        Process mkfifo = new ProcessBuilder("mkfifo", fifo.toString()).start();
        assertTrue(mkfifo.waitFor(10, TimeUnit.SECONDS) && mkfifo.exitValue() == 0);
        EndpointFileException failure = assertThrows(EndpointFileException.class, () -> EndpointFile.read(fifo));
        assertEquals(fifo + ": is no regular file", failure.getMessage());
    }

    @Test
    @Timeout(30)
    void aFileThatChangesWhileItIsReadIsRefused() throws Exception {
        Path file = file("a:1\n");
        Thread writer = Thread.ofPlatform().daemon().start(() -> {
            try {
                for (int i = 0; !Thread.interrupted(); i++) {
                    Files.writeString(file, "a:1\n" + "#".repeat(i % 1000));
                }
            } catch (IOException e) {
                // Ended while it wrote.
            }
        });
        String refusal = null;
        while (refusal == null) {
            try {
                EndpointFile.read(file);
            } catch (EndpointFileException e) {
                refusal = e.getMessage();
            }
        }
        writer.interrupt();
        writer.join();
        assertEquals(file + ": changes while it is read", refusal);
    }
}
