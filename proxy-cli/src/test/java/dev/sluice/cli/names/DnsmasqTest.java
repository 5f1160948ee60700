package dev.sluice.cli.names;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.cli.names.LookupException.Reason;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server that others wrote. */
@Timeout(60)
class DnsmasqTest {
    private static final Path PROGRAM = Path.of("/usr/sbin/dnsmasq");

    @TempDir
    private Path folder;

    private @Nullable Process server;
    private InetSocketAddress address = new InetSocketAddress(0);

    @BeforeEach
    void start() throws Exception {
        assumeTrue(Files.isExecutable(PROGRAM), "needs dnsmasq (Debian package dnsmasq-base)");
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            address = new InetSocketAddress(InetAddress.getLoopbackAddress(), free.getLocalPort());
        }
        hosts("10.0.0.1 db1.example\nfd00::1 db1.example\n");
        server = new ProcessBuilder(
                        PROGRAM.toString(),
                        "--keep-in-foreground",
                        "--conf-file=/dev/null",
                        "--pid-file",
                        "--user=" + System.getProperty("user.name"),
                        "--no-resolv",
                        "--no-hosts",
                        "--no-daemon",
                        "--local=/example/",
                        "--listen-address=127.0.0.1",
                        "--bind-interfaces",
                        "--port=" + address.getPort(),
                        "--addn-hosts=" + folder.resolve("hosts"),
                        "--local-ttl=30",
                        "--cname=db.example,db1.example,20",
                        "--srv-host=_postgresql._tcp.example,db1.example,5432,10,5",
                        "--srv-host=_postgresql._tcp.example,db2.example,5433,20,5")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (true) {
            try {
                resolver().hosts("db1.example");
                return;
            } catch (LookupException notYet) {
                assertTrue(System.nanoTime() < end, () -> notYet + "\n" + log());
                Thread.sleep(20);
            }
        }
    }

    private String log() {
        try {
            return Files.readString(folder.resolve("log"));
        } catch (java.io.IOException e) {
            return e.toString();
        }
    }

    @AfterEach
    void end() throws Exception {
        Process running = server;
        if (running != null) {
            running.destroyForcibly().waitFor();
        }
    }

    private void hosts(String text) throws Exception {
        Files.writeString(folder.resolve("hosts"), text);
    }

    private DnsResolver resolver() {
        Path none = folder.resolve("none");
        return new DnsResolver(Resolvers.settings(Duration.ofSeconds(2), address), none, none, Resolvers.order());
    }

    @Test
    void addressesAliasesAndServices() throws Exception {
        Answer answer = resolver().hosts("db.example");
        assertEquals(List.of("10.0.0.1", "fd00:0:0:0:0:0:0:1"), Resolvers.texts(answer.addresses()));
        assertEquals(Duration.ofSeconds(20), answer.goodFor());

        Services services = resolver().services("_postgresql._tcp.example");
        assertEquals(2, services.services().size());
        Services.Service first = services.services().getFirst();
        assertEquals("db1.example", first.target());
        assertEquals(5432, first.port());
        assertEquals(10, first.priority());
        assertEquals("10.0.0.1", first.addresses().getFirst().getHostAddress());
        assertEquals(List.of(), services.services().getLast().addresses());
    }

    @Test
    void absences() {
        Resolvers.fails(Reason.NO_SUCH_NAME, resolver(), "db9.example");
    }

    @Test
    void whatDoesNotFitAPacket() throws Exception {
        StringBuilder large = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            large.append("10.1.0.").append(i + 1).append(" large.example\n");
        }
        reload(large.toString(), "large.example");
        assertEquals(200, resolver().hosts("large.example").addresses().size());
    }

    @Test
    void changesAndDeath() throws Exception {
        reload("10.0.0.7 db1.example\n10.0.0.7 changed.example\n", "changed.example");
        assertEquals(List.of("10.0.0.7"), Resolvers.hosts(resolver(), "db1.example"));
        end();
        Resolvers.fails(Reason.NO_ANSWER, resolver(), "db1.example");
    }

    /** Gives it another file, and waits until it knows a name of that. */
    private void reload(String text, String name) throws Exception {
        hosts(text);
        Process running = java.util.Objects.requireNonNull(server);
        new ProcessBuilder("kill", "-HUP", Long.toString(running.pid())).start().waitFor();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (true) {
            try {
                resolver().hosts(name);
                return;
            } catch (LookupException notYet) {
                assertTrue(System.nanoTime() < end, () -> notYet + "\n" + log());
                Thread.sleep(20);
            }
        }
    }
}
