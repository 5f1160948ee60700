package dev.sluice.cli.names;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.DescriptorLeakCheck;
import dev.sluice.cli.names.LookupException.Reason;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;

/** What servers say of hosts that are there, and of those that are not. */
@ExtendWith(DescriptorLeakCheck.class)
@Timeout(30)
class DnsResolverTest {
    private final ScriptedDns dns = new ScriptedDns();
    private final DnsResolver resolver = Resolvers.of(dns);

    @AfterEach
    void end() {
        dns.close();
    }

    @Test
    void addressesOfBothFamiliesAndTheSmallestTtl() throws Exception {
        dns.has("db1.example", 30, "A", "10.0.0.1")
                .has("db1.example", 30, "A", "10.0.0.2")
                .has("db1.example", 20, "AAAA", "fd00::1");

        Answer answer = resolver.hosts("db1.example");

        assertEquals(List.of("10.0.0.1", "10.0.0.2", "fd00:0:0:0:0:0:0:1"), Resolvers.texts(answer.addresses()));
        assertEquals(Duration.ofSeconds(20), answer.goodFor());
        assertNull(answer.missing());
        assertEquals(2, dns.queries().size());
        assertTrue(dns.queries().stream().allMatch(query -> query.message.getOPT() != null), "EDNS");
    }

    @Test
    void timesAreWithinTheBounds() throws Exception {
        dns.has("short.example", 0, "A", "10.0.0.1").has("long.example", 86_400, "A", "10.0.0.1");
        assertEquals(Resolvers.MIN, resolver.hosts("short.example").goodFor());
        assertEquals(Resolvers.MAX, resolver.hosts("long.example").goodFor());
    }

    /** RFC 2181, 8: with the highest bit set it is none. */
    @Test
    void aNegativeTtlIsNone() throws Exception {
        dns.has("db1.example", 30, "A", "10.0.0.1").script(query -> {
            byte[] bytes = query.reply(Rcode.NOERROR).toWire();
            if (query.asksFor("A")) {
                var reply = query.reply(Rcode.NOERROR);
                reply.addRecord(ScriptedDns.record("db1.example", 0x7fff_ffff, "A", "10.0.0.1"), Section.ANSWER);
                bytes = reply.toWire();
                bytes[bytes.length - 10] = (byte) 0xff; // the first byte of the TTL
            }
            query.raw(bytes);
        });
        assertEquals(Resolvers.MIN, resolver.hosts("db1.example").goodFor());
    }

    @Test
    void aChangedAnswerIsSeenByTheNextCall() throws Exception {
        dns.has("db1.example", 3600, "A", "10.0.0.1");
        assertEquals(List.of("10.0.0.1"), Resolvers.hosts(resolver, "db1.example"));
        dns.forgetAll();
        dns.has("db1.example", 3600, "A", "10.0.0.9");
        assertEquals(List.of("10.0.0.9"), Resolvers.hosts(resolver, "db1.example"));
    }

    @Test
    void aliasesCountForTheTtl() throws Exception {
        dns.has("db.example", 9, "CNAME", "pg.example.")
                .has("pg.example", 30, "CNAME", "pg1.example.")
                .has("pg1.example", 60, "A", "10.0.0.1");
        Answer answer = resolver.hosts("db.example");
        assertEquals(List.of("10.0.0.1"), Resolvers.texts(answer.addresses()));
        assertEquals(Duration.ofSeconds(9), answer.goodFor());
    }

    /** As a server does that answers for its own zone only. */
    @Test
    void anAliasThatTheAnswerDoesNotFollowIsAskedFor() throws Exception {
        dns.has("db.example", 9, "CNAME", "pg.elsewhere.").has("pg.elsewhere", 60, "A", "10.0.0.1");
        dns.script(query -> {
            if (query.question().getName().toString(true).equals("db.example")) {
                var reply = query.reply(Rcode.NOERROR);
                reply.addRecord(ScriptedDns.record("db.example", 9, "CNAME", "pg.elsewhere."), Section.ANSWER);
                query.send(reply);
            } else {
                query.answer();
            }
        });
        Answer answer = resolver.hosts("db.example");
        assertEquals(List.of("10.0.0.1"), Resolvers.texts(answer.addresses()));
        assertEquals(Duration.ofSeconds(9), answer.goodFor());
    }

    @Test
    void aliasesThatGoRoundAreNoAnswer() {
        dns.has("a.example", 9, "CNAME", "b.example.").has("b.example", 9, "CNAME", "a.example.");
        LookupException failure = Resolvers.fails(Reason.NO_ANSWER, resolver, "a.example");
        assertEquals("the aliases of a.example have no end, says " + dns.text(), failure.getMessage());
    }

    @Test
    void aliasesThatGoRoundFromAnswerToAnswerAreNoAnswer() {
        dns.script(query -> {
            var reply = query.reply(Rcode.NOERROR);
            String name = query.question().getName().toString(true);
            String other = name.equals("a.example") ? "b.example." : "a.example.";
            reply.addRecord(ScriptedDns.record(name, 9, "CNAME", other), Section.ANSWER);
            query.send(reply);
        });
        LookupException failure = Resolvers.fails(Reason.NO_ANSWER, resolver, "a.example");
        assertEquals("the aliases of a.example have no end, says " + dns.text(), failure.getMessage());
        assertTrue(dns.queries().size() <= 8, dns.questions().toString());
    }

    @Test
    void aLongWayOfAliasesIsAnEndlessOne() throws Exception {
        for (int i = 0; i < Finding.MAX_ALIASES + 1; i++) {
            dns.has("a" + i + ".example", 9, "CNAME", "a" + (i + 1) + ".example.");
        }
        dns.has("a" + (Finding.MAX_ALIASES + 1) + ".example", 9, "A", "10.0.0.1");
        Resolvers.fails(Reason.NO_ANSWER, resolver, "a0.example");
        assertEquals(List.of("10.0.0.1"), Resolvers.hosts(resolver, "a1.example"));
    }

    @Test
    void aNameThatDoesNotExist() {
        LookupException failure = Resolvers.fails(Reason.NO_SUCH_NAME, resolver, "db9.example");
        assertEquals("db9.example does not exist, says " + dns.text(), failure.getMessage());
        assertEquals(Duration.ofSeconds(ScriptedDns.NEGATIVE_TTL), failure.askAgain());
        assertTrue(failure.absent());
    }

    @Test
    void anAliasOfANameThatDoesNotExist() {
        dns.has("db.example", 3, "CNAME", "gone.example.");
        LookupException failure = Resolvers.fails(Reason.NO_SUCH_NAME, resolver, "db.example");
        assertEquals(
                "gone.example, for which db.example stands, does not exist, says " + dns.text(), failure.getMessage());
        assertEquals(Duration.ofSeconds(3), failure.askAgain());
    }

    @Test
    void aNameWithoutAddress() {
        dns.has("text.example", 60, "TXT", "hello");
        LookupException failure = Resolvers.fails(Reason.NO_RECORDS, resolver, "text.example");
        assertEquals("text.example has no address, says " + dns.text(), failure.getMessage());
        assertEquals(Duration.ofSeconds(ScriptedDns.NEGATIVE_TTL), failure.askAgain());
    }

    @Test
    void anAbsenceWithoutSoaIsAskedForAgainSoon() {
        dns.script(query -> query.send(query.reply(Rcode.NXDOMAIN)));
        assertEquals(
                Resolvers.MIN,
                Resolvers.fails(Reason.NO_SUCH_NAME, resolver, "db1.example").askAgain());
    }

    /** What servers give for names that they block would lead back to this machine. */
    @Test
    void addressesThatNothingIsReachedAtAreNone() throws Exception {
        dns.has("blocked.example", 60, "A", "0.0.0.0").has("blocked.example", 60, "AAAA", "::");
        LookupException failure = Resolvers.fails(Reason.NO_RECORDS, resolver, "blocked.example");
        assertTrue(String.valueOf(failure.getMessage()).contains("0.0.0.0"), failure.getMessage());
        dns.has("blocked.example", 60, "A", "224.0.0.1").has("blocked.example", 60, "A", "10.0.0.1");
        assertEquals(List.of("10.0.0.1"), Resolvers.hosts(resolver, "blocked.example"));
    }

    @Test
    void onesOfTwoFamiliesIsAnAnswerThatSaysSo() throws Exception {
        dns.has("db1.example", 60, "A", "10.0.0.1").script(query -> {
            if (query.asksFor("A")) {
                query.answer();
            } else {
                query.send(query.reply(Rcode.SERVFAIL));
            }
        });
        Answer answer = resolver.hosts("db1.example");
        assertEquals(List.of("10.0.0.1"), Resolvers.texts(answer.addresses()));
        LookupException missing = answer.missing();
        assertNotNull(missing);
        assertEquals(
                "no answer about the IPv6 addresses of db1.example: " + dns.text() + " said SERVFAIL",
                missing.getMessage());
    }

    /** Where one family has no records and the other one is not told, there may be addresses. */
    @Test
    void silenceWeighsMoreThanAbsence() {
        for (int code : new int[] {Rcode.NOERROR, Rcode.NXDOMAIN}) {
            dns.script(query -> query.send(query.reply(query.asksFor("A") ? Rcode.SERVFAIL : code)));
            Resolvers.fails(Reason.NO_ANSWER, resolver, "db1.example");
        }
    }

    /** As some servers do. */
    @Test
    void aNameThatDoesNotExistForOneFamilyOnly() throws Exception {
        dns.has("db1.example", 60, "A", "10.0.0.1").script(query -> {
            if (query.asksFor("A")) {
                query.answer();
            } else {
                query.send(query.reply(Rcode.NXDOMAIN));
            }
        });
        assertEquals(List.of("10.0.0.1"), Resolvers.hosts(resolver, "db1.example"));
    }

    @Test
    void whatIsNoNameIsNotAskedFor() {
        for (String name : List.of("", ".", "a..b", "a b", "ä.example", "x".repeat(64), "300.1.1.1", "a:b", "a\\.b")) {
            LookupException failure = Resolvers.fails(Reason.NO_SUCH_NAME, resolver, name);
            assertEquals(Resolvers.MAX, failure.askAgain());
        }
        assertEquals(List.of(), dns.questions());
    }

    @Test
    void searchListsAreTriedWhileNamesDoNotExist() throws Exception {
        dns.has("db1.svc.example", 60, "A", "10.0.0.1");
        ResolvConf conf = new ResolvConf(List.of(dns.address()), List.of("ns.example", "svc.example"), 2);
        DnsNames names = names(conf);
        assertEquals(
                List.of("10.0.0.1"),
                Resolvers.texts(names.hosts(conf.candidates("db1")).addresses()));
        assertEquals(
                List.of("db1.ns.example A", "db1.ns.example AAAA", "db1.svc.example A", "db1.svc.example AAAA"),
                dns.questions());

        LookupException failure = assertThrows(LookupException.class, () -> names.hosts(conf.candidates("db2")));
        assertEquals(
                "db2.ns.example does not exist, says " + dns.text()
                        + " (asked for db2.ns.example, db2.svc.example, db2)",
                failure.getMessage());
    }

    /** A name further down may be somebody else's. */
    @Test
    void silenceEndsASearch() {
        dns.has("db1", 60, "A", "10.0.0.1").script(query -> {
            if (query.question().getName().toString(true).equals("db1")) {
                query.answer();
            } else {
                query.send(query.reply(Rcode.SERVFAIL));
            }
        });
        ResolvConf conf = new ResolvConf(List.of(dns.address()), List.of("ns.example"), 1);
        LookupException failure =
                assertThrows(LookupException.class, () -> names(conf).hosts(conf.candidates("db1")));
        assertEquals(Reason.NO_ANSWER, failure.reason());
    }

    private static DnsNames names(ResolvConf conf) {
        return new DnsNames(
                conf,
                Resolvers.settings(Resolvers.TIMEOUT),
                new LocalNames(new HostsFile(Path.of("/nowhere"))),
                Resolvers.order(),
                Deadline.in(Duration.ofSeconds(5)));
    }

    @Test
    void theHostsFileComesFirst(@TempDir Path folder) throws Exception {
        Path hosts = Files.writeString(folder.resolve("hosts"), "10.9.9.9 db1.example # mine\n");
        DnsResolver both = new DnsResolver(
                Resolvers.settings(Resolvers.TIMEOUT, dns.address()), hosts, folder.resolve("none"), Resolvers.order());
        dns.has("db1.example", 60, "A", "10.0.0.1");
        assertEquals(List.of("10.9.9.9"), Resolvers.hosts(both, "DB1.example."));
        Files.writeString(hosts, "");
        assertEquals(List.of("10.0.0.1"), Resolvers.hosts(both, "db1.example"));
    }

    /** Whatever the two servers are: the failure, or the absence, names the one that was asked. */
    @Test
    void aChangedResolvConfCountsAtOnce(@TempDir Path folder) throws Exception {
        Path conf = folder.resolve("resolv.conf");
        DnsResolver machine = new DnsResolver(
                Resolvers.settings(Resolvers.TIMEOUT), folder.resolve("hosts"), conf, Resolvers.order());
        for (String server : List.of("127.0.0.11", "127.0.0.12")) {
            Files.writeString(conf, "nameserver " + server + "\n");
            LookupException failure = assertThrows(LookupException.class, () -> machine.hosts("db1.invalid"));
            assertTrue(String.valueOf(failure.getMessage()).contains(server + ":53"), failure.getMessage());
        }
    }

    @Test
    void localhostAndLiteralsNeedNoServer() throws Exception {
        assertEquals(List.of("0:0:0:0:0:0:0:1", "127.0.0.1"), Resolvers.hosts(resolver, "localhost"));
        assertEquals(List.of("0:0:0:0:0:0:0:1", "127.0.0.1"), Resolvers.hosts(resolver, "db.localhost."));
        assertEquals(List.of("10.0.0.5"), Resolvers.hosts(resolver, "10.0.0.5"));
        assertEquals(List.of("fd00:0:0:0:0:0:0:5"), Resolvers.hosts(resolver, "fd00::5"));
        assertEquals(List.of(), dns.questions());
    }

    @Test
    void threadsDoNotDisturbEachOther() throws Exception {
        int names = 40;
        for (int i = 0; i < names; i++) {
            dns.has("db" + i + ".example", 60, "A", "10.0.0." + i);
        }
        int threads = Thread.activeCount();
        try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
            List<Future<InetAddress>> all = new ArrayList<>();
            for (int i = 0; i < 10 * names; i++) {
                String name = "db" + i % names + ".example";
                Callable<InetAddress> lookup =
                        () -> resolver.hosts(name).addresses().getFirst();
                all.add(pool.submit(lookup));
            }
            for (int i = 0; i < all.size(); i++) {
                assertEquals("10.0.0." + i % names, all.get(i).get().getHostAddress());
            }
        }
        long end = System.nanoTime() + 5_000_000_000L;
        while (Thread.activeCount() > threads && System.nanoTime() < end) {
            Thread.sleep(10); // those of the pool may take a moment
        }
        assertTrue(Thread.activeCount() <= threads, "threads that a lookup leaves behind");
    }
}
