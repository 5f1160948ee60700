package dev.sluice.cli.names.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.DescriptorLeakCheck;
import dev.sluice.cli.names.ScriptedDns;
import dev.sluice.cli.names.Services;
import dev.sluice.cli.names.Services.Service;
import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.ResolveSettings;
import dev.sluice.proxy.names.Found;
import dev.sluice.proxy.names.Resolver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Hosts, services and files as the proxy asks for them. */
@ExtendWith(DescriptorLeakCheck.class)
@Timeout(30)
class SourceResolverTest {
    private static final EndpointSource SERVICE = new EndpointSource.Service("_pg._tcp.db.example");

    @TempDir
    private Path folder;

    private final ScriptedDns dns = new ScriptedDns();
    private final List<String> unexpected = new ArrayList<>();
    private final SourceResolver resolver = new SourceResolver(unexpected::add);

    @AfterEach
    void end() {
        resolver.close();
        dns.close();
        assertEquals(List.of(), unexpected);
    }

    private static ResolveSettings settings(ScriptedDns server) {
        return new ResolveSettings(
                List.of(server.address()), Duration.ofSeconds(2), Duration.ofSeconds(40), Duration.ofMillis(250));
    }

    /** Each as {@code address weight max-sessions backup addresses problem}. */
    private static List<String> texts(List<Found> found) {
        return found.stream()
                .map(each -> each.address() + " " + each.weight() + " " + each.maxSessions() + " " + each.backup() + " "
                        + each.addresses() + " " + each.problem())
                .toList();
    }

    @Test
    void whatRecordsSayOfServers() throws Exception {
        dns.has("_pg._tcp.db.example", 30, "SRV", "10 5 5432 db1.example.")
                .has("_pg._tcp.db.example", 30, "SRV", "10 0 5433 db2.example.")
                .has("_pg._tcp.db.example", 30, "SRV", "20 0 5432 db3.example.")
                .has("_pg._tcp.db.example", 30, "SRV", "10 7 0 db4.example.")
                .has("_pg._tcp.db.example", 30, "SRV", "10 7 5432 db5.example.")
                .has("db1.example", 20, "A", "10.0.0.1")
                .has("db2.example", 20, "A", "10.0.0.2")
                .has("db3.example", 20, "A", "10.0.0.3");
        Resolver.Answer answer = resolver.ask(SERVICE, settings(dns));
        assertEquals(Duration.ofSeconds(20), answer.goodFor());
        List<String> texts = texts(answer.found());
        assertEquals(
                List.of(
                        "db1.example:5432 5 null false [10.0.0.1:5432] null",
                        "db2.example:5433 1 null false [10.0.0.2:5433] null",
                        "db3.example:5432 null null true [10.0.0.3:5432] null"),
                List.of(texts.get(0), texts.get(1), texts.get(3)));
        assertEquals("db5.example:5432 7 null false [] db5.example does not exist, says " + dns.text(), texts.get(2));
        assertEquals(4, texts.size(), "nothing can be reached on port 0");
    }

    private static Service record(int priority, int weight, String target) {
        return new Service(priority, weight, 1, target, List.of(InetAddress.getLoopbackAddress()), null);
    }

    private static List<Integer> weights(int... ofRecords) {
        List<Service> records = new ArrayList<>();
        for (int weight : ofRecords) {
            records.add(record(7, weight, "db.example"));
        }
        return ServiceEndpoints.of(new Services(records, Duration.ZERO)).stream()
                .map(found -> found.weight() == null ? -1 : found.weight())
                .toList();
    }

    @Test
    void weightsKeepTheirProportion() {
        assertEquals(List.of(1, 2, 256), weights(1, 2, 256));
        assertEquals(List.of(1, 3), weights(0, 3));
        assertEquals(List.of(-1, -1), weights(0, 0));
        assertEquals(List.of(256, 128, 1, 1), weights(65535, 32768, 100, 0));
        assertEquals(List.of(256, 26), weights(1000, 100));
    }

    /** Each priority by itself: those of another one are never beside these. */
    @Test
    void weightsAreThoseOfOnePriority() {
        List<Found> found = ServiceEndpoints.of(new Services(
                List.of(record(3, 1000, "a"), record(3, 500, "b"), record(5, 4, "c"), record(9, 0, "d")),
                Duration.ZERO));
        assertEquals(
                List.of(
                        "a:1 256 null false [127.0.0.1:1] null",
                        "b:1 128 null false [127.0.0.1:1] null",
                        "c:1 4 null true [127.0.0.1:1] null",
                        "d:1 null null true [127.0.0.1:1] null"),
                texts(found));
    }

    @Test
    void recordsOfWhichNoneCanBeAServer() {
        dns.has("_pg._tcp.db.example", 30, "SRV", "10 5 0 db1.example.")
                .has("_pg._tcp.db.example", 30, "SRV", "10 5 5432 300.1.1.1.")
                .has("_pg._tcp.db.example", 30, "SRV", "10 5 5432 .")
                .has("db1.example", 20, "A", "10.0.0.1");
        assertThrows(UnknownHostException.class, () -> resolver.ask(SERVICE, settings(dns)));
    }

    /** Each upstream may have its own. */
    @Test
    void theServersOfTheSettingsAreAsked() throws Exception {
        EndpointAddress name = EndpointAddress.parse("db.example:5432");
        dns.has("db.example", 1, "A", "10.0.0.1");
        try (ScriptedDns other = new ScriptedDns()) {
            other.has("db.example", 90, "A", "10.0.0.2");
            Resolver.Answer one = resolver.ask(name, settings(dns));
            assertEquals(List.of("db.example:5432 null null false [10.0.0.1:5432] null"), texts(one.found()));
            assertEquals(Duration.ofSeconds(2), one.goodFor());
            Resolver.Answer two = resolver.ask(name, settings(other));
            assertEquals(List.of("db.example:5432 null null false [10.0.0.2:5432] null"), texts(two.found()));
            assertEquals(Duration.ofSeconds(40), two.goodFor());
        }
    }

    @Test
    void linesOfAFile() throws Exception {
        Path file = Files.writeString(folder.resolve("pg"), """
                10.0.0.5:5432 weight=0
                db2:5432 max-sessions=7 backup
                unix:/run/x
                """);
        Resolver.Answer answer = resolver.ask(new EndpointSource.ListFile(file), settings(dns));
        assertEquals(
                List.of(
                        "10.0.0.5:5432 0 null false [10.0.0.5:5432] null",
                        "db2:5432 null 7 true [] null",
                        "unix:/run/x null null false [unix:/run/x] null"),
                texts(answer.found()));
        assertEquals(
                List.of(false, true, false),
                answer.found().stream().map(Found::isToBeLookedUp).toList());
        assertEquals(List.of(), dns.questions(), "names are asked for on their own");
    }

    @Test
    void whatIsWrongWithAFileIsToldWithItsPlace() throws Exception {
        Path file = Files.writeString(folder.resolve("pg"), "10.0.0.5:5432\n10.0.0.6 backup\nx\n");
        EndpointSource source = new EndpointSource.ListFile(file);
        IOException wrong = assertThrows(IOException.class, () -> resolver.ask(source, settings(dns)));
        String message = String.valueOf(wrong.getMessage());
        assertTrue(message.startsWith(file + ":2:1: '10.0.0.6' is not an address"), message);
        assertTrue(message.endsWith("(and 1 more)"), message);
        Files.delete(file);
        IOException gone = assertThrows(IOException.class, () -> resolver.ask(source, settings(dns)));
        assertEquals(file + ": does not exist", gone.getMessage());
    }

    @Test
    void aFileIsWatchedUntilThatIsClosed() throws Exception {
        Path file = Files.writeString(folder.resolve("pg"), "");
        Semaphore told = new Semaphore(0);
        Resolver.Watch watch = resolver.watch(new EndpointSource.ListFile(file), told::release);
        Path other = Files.writeString(folder.resolve("new"), "10.0.0.5:5432\n");
        Files.move(other, file, StandardCopyOption.ATOMIC_MOVE);
        assertTrue(told.tryAcquire(10, TimeUnit.SECONDS));
        watch.close();
        Files.writeString(file, "10.0.0.6:54321\n");
        assertEquals(false, told.tryAcquire(3, TimeUnit.SECONDS));
    }

    @Test
    void whatNeedsNoLookup() throws Exception {
        for (String text : List.of("10.0.0.5:5432", "[fd00::7]:5432", "unix:/run/x")) {
            assertEquals(List.of(Address.parse(text)), resolver.resolve(EndpointAddress.parse(text)));
        }
    }
}
