package dev.sluice.cli.names;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.DescriptorLeakCheck;
import dev.sluice.cli.names.LookupException.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;

/** SRV records, and the addresses behind them. */
@ExtendWith(DescriptorLeakCheck.class)
@Timeout(30)
class ServicesTest {
    private static final String NAME = "_postgresql._tcp.db.example";

    private final ScriptedDns dns = new ScriptedDns();
    private final DnsResolver resolver = Resolvers.of(dns);

    @AfterEach
    void end() {
        dns.close();
    }

    private LookupException fails(Reason reason) {
        LookupException failure = assertThrows(LookupException.class, () -> resolver.services(NAME));
        assertEquals(reason, failure.reason(), failure.getMessage());
        return failure;
    }

    /** Each as {@code priority weight target:port addresses}. */
    private static List<String> texts(Services services) {
        return services.services().stream()
                .map(s -> s.priority() + " " + s.weight() + " " + s.target() + ":" + s.port() + " "
                        + Resolvers.texts(s.addresses()))
                .toList();
    }

    @Test
    void byPriorityWithAddressesThatAreLookedUp() throws Exception {
        dns.has(NAME, 50, "SRV", "20 0 5432 db3.example.")
                .has(NAME, 50, "SRV", "10 5 5433 db2.example.")
                .has(NAME, 50, "SRV", "10 60 5432 db1.example.")
                .has("db1.example", 40, "A", "10.0.0.1")
                .has("db2.example", 30, "CNAME", "host2.example.")
                .has("host2.example", 45, "A", "10.0.0.2")
                .has("db3.example", 40, "AAAA", "fd00::3");
        Services services = resolver.services(NAME);
        assertEquals(
                List.of(
                        "10 60 db1.example:5432 [10.0.0.1]",
                        "10 5 db2.example:5433 [10.0.0.2]",
                        "20 0 db3.example:5432 [fd00:0:0:0:0:0:0:3]"),
                texts(services));
        assertEquals(Duration.ofSeconds(30), services.goodFor());
    }

    @Test
    void addressesThatComeAlongAreNotAskedFor() throws Exception {
        dns.script(query -> {
            Message reply = query.reply(Rcode.NOERROR);
            reply.addRecord(ScriptedDns.record(NAME, 50, "SRV", "1 1 5432 db1.example."), Section.ANSWER);
            reply.addRecord(ScriptedDns.record("db1.example", 20, "A", "10.0.0.1"), Section.ADDITIONAL);
            reply.addRecord(ScriptedDns.record("other.example", 5, "A", "6.6.6.6"), Section.ADDITIONAL);
            query.send(reply);
        });
        Services services = resolver.services(NAME);
        assertEquals(List.of("1 1 db1.example:5432 [10.0.0.1]"), texts(services));
        assertEquals(Duration.ofSeconds(20), services.goodFor());
        assertEquals(List.of(NAME + " SRV"), dns.questions());
    }

    @Test
    void aTargetWithoutAddressKeepsNobodyFromTheOthers() throws Exception {
        dns.has(NAME, 50, "SRV", "1 1 5432 gone.example.")
                .has(NAME, 50, "SRV", "1 1 5432 db1.example.")
                .has(NAME, 50, "SRV", "1 1 0 db1.example.")
                .has("db1.example", 40, "A", "10.0.0.1");
        Services services = resolver.services(NAME);
        assertEquals(
                List.of("1 1 db1.example:0 []", "1 1 db1.example:5432 [10.0.0.1]", "1 1 gone.example:5432 []"),
                texts(services));
        LookupException gone = services.services().getLast().problem();
        assertNotNull(gone);
        assertEquals("gone.example does not exist, says " + dns.text(), gone.getMessage());
        LookupException zero = services.services().getFirst().problem();
        assertNotNull(zero);
        assertEquals("nothing can be reached on port 0 of db1.example", zero.getMessage());
    }

    @Test
    void noTargetWithAddress() {
        dns.has(NAME, 50, "SRV", "1 1 5432 gone.example.");
        assertEquals(
                "no server of " + NAME + " has an address: gone.example does not exist, says " + dns.text(),
                fails(Reason.NO_RECORDS).getMessage());
    }

    /** What was known of them may still be true. */
    @Test
    void targetsThatNobodySaysAnythingAbout() {
        dns.has(NAME, 50, "SRV", "1 1 5432 gone.example.").has(NAME, 50, "SRV", "1 1 5432 slow.example.");
        dns.script(query -> {
            if (query.question().getName().toString(true).equals("slow.example")) {
                query.send(query.reply(Rcode.SERVFAIL));
            } else {
                query.answer();
            }
        });
        fails(Reason.NO_ANSWER);
    }

    @Test
    void aServiceThatThereIsDecidedlyNot() {
        dns.has(NAME, 50, "SRV", "0 0 0 .");
        LookupException failure = fails(Reason.NO_RECORDS);
        assertTrue(
                String.valueOf(failure.getMessage()).startsWith(dns.text() + " says that there is no service " + NAME));
        assertEquals(Duration.ofSeconds(50), failure.askAgain());
    }

    @Test
    void noSuchService() {
        assertEquals(
                NAME + " does not exist, says " + dns.text(),
                fails(Reason.NO_SUCH_NAME).getMessage());
        dns.has(NAME, 50, "TXT", "hello");
        assertEquals(
                NAME + " has no SRV record, says " + dns.text(),
                fails(Reason.NO_RECORDS).getMessage());
    }

    @Test
    void theHostsFileComesFirstForTargetsToo(@TempDir Path folder) throws Exception {
        Path hosts = Files.writeString(folder.resolve("hosts"), "10.9.9.9 db1.example\n");
        DnsResolver both = new DnsResolver(
                Resolvers.settings(Resolvers.TIMEOUT, dns.address()), hosts, folder.resolve("none"), Resolvers.order());
        dns.has(NAME, 50, "SRV", "1 1 5432 db1.example.").has("db1.example", 40, "A", "10.0.0.1");
        assertEquals(List.of("1 1 db1.example:5432 [10.9.9.9]"), texts(both.services(NAME)));
    }

    @Test
    void manyTargetsAreAskedForTogether() throws Exception {
        int targets = 60;
        for (int i = 0; i < targets; i++) {
            dns.has(NAME, 50, "SRV", "1 1 5432 db" + i + ".example.")
                    .has("db" + i + ".example", 40, "A", "10.0.0." + i);
        }
        Services services = resolver.services(NAME);
        assertEquals(targets, services.services().size());
        assertTrue(services.services().stream()
                .allMatch(service -> service.addresses().size() == 1));
    }
}
