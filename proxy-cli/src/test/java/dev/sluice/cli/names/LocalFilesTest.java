package dev.sluice.cli.names;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.config.ResolveSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** hosts(5), resolv.conf(5), and what is written of servers in a configuration. */
class LocalFilesTest {
    @TempDir
    private Path folder;

    private static InetSocketAddress server(String address, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), port);
    }

    @Test
    void hosts() throws Exception {
        String text = """
                # comment
                127.0.0.1 localhost
                10.0.0.1\tdb1.example db1 # db2
                  10.0.0.2   DB1.Example
                fd00::1 db1
                10.0.0.1 db1
                300.0.0.1 db1
                10.0.0.3
                """;
        Path path = folder.resolve("hosts");
        Files.write(path, (text + "10.0.0.4 \u00e4 db1.example").getBytes(StandardCharsets.ISO_8859_1));
        HostsFile file = new HostsFile(path);
        assertEquals(List.of("10.0.0.1", "10.0.0.2", "10.0.0.4"), Resolvers.texts(file.addresses("db1.example")));
        assertEquals(List.of("10.0.0.1", "fd00:0:0:0:0:0:0:1"), Resolvers.texts(file.addresses("DB1.")));
        assertEquals(List.of(), file.addresses("db2"));
        assertEquals(List.of(), file.addresses("10.0.0.3"));
        assertEquals(List.of(), new HostsFile(folder.resolve("none")).addresses("db1"));
        assertEquals(List.of(), new HostsFile(folder).addresses("db1"));
    }

    @Test
    void resolvConf() {
        ResolvConf conf = ResolvConf.parse("""
                # comment
                ; another
                domain gone.example
                search ns.svc.cluster.local svc.cluster.local. . bad..one
                nameserver 10.96.0.10
                nameserver\tfd00::53
                nameserver name.example
                nameserver 10.0.0.3
                nameserver 10.0.0.4
                options ndots:5 timeout:1
                options edns0
                """);
        assertEquals(List.of(server("10.96.0.10", 53), server("fd00::53", 53), server("10.0.0.3", 53)), conf.servers());
        assertEquals(List.of("ns.svc.cluster.local", "svc.cluster.local"), conf.search());
        assertEquals(5, conf.ndots());
        assertEquals(
                List.of("db1.x.ns.svc.cluster.local", "db1.x.svc.cluster.local", "db1.x"), conf.candidates("db1.x"));
        assertEquals(
                List.of("a.b.c.d.e.f", "a.b.c.d.e.f.ns.svc.cluster.local", "a.b.c.d.e.f.svc.cluster.local"),
                conf.candidates("a.b.c.d.e.f"));
        assertEquals(List.of("db1"), conf.candidates("db1."));
    }

    @Test
    void withoutServersThisMachineIsAsked() throws Exception {
        for (ResolvConf conf : List.of(ResolvConf.parse(""), ResolvConf.read(folder.resolve("none")))) {
            assertEquals(new ResolvConf(List.of(server("127.0.0.1", 53)), List.of(), 1), conf);
        }
    }

    @Test
    void namesThatWouldBeTooLongAreNotTried() {
        String name = "a.".repeat(120) + "a"; // 241 characters of 253
        ResolvConf conf = new ResolvConf(List.of(), List.of("eleven.char", "twelve.chars"), 1);
        assertEquals(List.of(name, name + ".eleven.char"), conf.candidates(name));
    }

    @Test
    void literals() {
        assertEquals(InetAddress.ofLiteral("10.0.0.5"), HostNames.literal("10.0.0.5"));
        assertEquals(InetAddress.ofLiteral("::1"), HostNames.literal("::1"));
        for (String text : List.of(
                "127.1", "010.0.0.1", "10.0.0.256", "1.2.3.4.", "db1", "", "::g", "[::1]", "fe80::1%nowhere9")) {
            assertNull(HostNames.literal(text), text);
        }
    }

    @Test
    void whatIsWrongWithNames() {
        for (String name : List.of("db1", "db1.", "_pg._tcp.db.example", "my_db", "xn--bcher-kva.example", "1a.2b")) {
            assertNull(HostNames.wrong(name), name);
        }
        assertEquals("has two dots in a row, or begins with one", HostNames.wrong("a..b"));
        assertEquals("has a character that no host has", HostNames.wrong("a b"));
        assertEquals("has a character outside ASCII: write it as DNS has it, xn--…", HostNames.wrong("b\u00fccher"));
        assertEquals("is longer than a name can be, 253 characters", HostNames.wrong("a.".repeat(128)));
    }

    @Test
    void servers() {
        assertEquals(server("10.0.0.2", 53), ResolveSettings.server("10.0.0.2"));
        assertEquals(server("10.0.0.2", 5353), ResolveSettings.server("10.0.0.2:5353"));
        assertEquals(server("fd00::2", 53), ResolveSettings.server("fd00::2"));
        assertEquals(server("fd00::2", 5353), ResolveSettings.server("[fd00::2]:5353"));
        for (String text : List.of(
                "",
                "dns.example",
                "dns.example:53",
                "10.0.0.2:",
                "10.0.0.2:0",
                "10.0.0.2:65536",
                "[10.0.0.2]:53",
                "[fd00::2]",
                ":53")) {
            IllegalArgumentException failure =
                    assertThrows(IllegalArgumentException.class, () -> ResolveSettings.server(text), text);
            assertTrue(String.valueOf(failure.getMessage()).startsWith("'" + text + "' is not the address of"));
        }
    }

    @Test
    void serversAreWrittenAsTheyAreRead() {
        for (String text : List.of("10.0.0.2:5353", "[fd00:0:0:0:0:0:0:2]:53")) {
            assertEquals(text, ResolveSettings.text(ResolveSettings.server(text)));
        }
    }

    @Test
    void settingsAreWithinBounds() {
        Duration second = Duration.ofSeconds(1);
        List<InetSocketAddress> none = List.of();
        assertThrows(IllegalArgumentException.class, () -> new ResolveSettings(none, Duration.ZERO, second, second, 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> new ResolveSettings(none, second.multipliedBy(2), second, second, 1));
        assertThrows(IllegalArgumentException.class, () -> new ResolveSettings(none, second, second, Duration.ZERO, 1));
        assertThrows(IllegalArgumentException.class, () -> new ResolveSettings(none, second, second, second, 0));
        assertThrows(IllegalArgumentException.class, () -> new ResolveSettings(none, second, second, second, 11));
        assertThrows(
                IllegalArgumentException.class,
                () -> new ResolveSettings(
                        List.of(InetSocketAddress.createUnresolved("dns.example", 53)), second, second, second, 1));
        assertEquals(Duration.ofSeconds(10), ResolveSettings.DEFAULTS.longest());
    }
}
