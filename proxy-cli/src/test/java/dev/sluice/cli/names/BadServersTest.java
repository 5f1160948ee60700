package dev.sluice.cli.names;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.DescriptorLeakCheck;
import dev.sluice.cli.names.LookupException.Reason;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;

/** Servers that are silent, refuse, lie, break, cut short and die: the next one is asked, and who said what is told. */
@ExtendWith(DescriptorLeakCheck.class)
@Timeout(60)
class BadServersTest {
    private static final String NAME = "db1.example";

    private final ScriptedDns bad = new ScriptedDns();
    private final ScriptedDns good = new ScriptedDns();
    private final DnsResolver alone = Resolvers.of(bad);
    private final DnsResolver both = Resolvers.of(bad, good);

    @BeforeEach
    void records() {
        good.has(NAME, 60, "A", "10.0.0.1");
        bad.has(NAME, 60, "A", "10.0.0.1");
    }

    @AfterEach
    void end() {
        bad.close();
        good.close();
    }

    /** The next server answers; without one, the failure is this. */
    private void nextOneAnswers(String complaint) throws Exception {
        assertEquals(List.of("10.0.0.1"), Resolvers.hosts(both, NAME));
        LookupException failure = Resolvers.fails(Reason.NO_ANSWER, alone, NAME);
        assertEquals(
                "no answer about the IPv4 addresses of db1.example: " + bad.text() + " " + complaint,
                failure.getMessage());
        assertEquals(Resolvers.MIN, failure.askAgain());
    }

    @Test
    void silence() throws Exception {
        bad.script(query -> {});
        nextOneAnswers("did not answer within 250ms");
    }

    @Test
    void theSilentAreAskedAgain() {
        bad.script(query -> {});
        long start = System.nanoTime();
        Resolvers.fails(Reason.NO_ANSWER, alone, NAME);
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        assertEquals(
                List.of("db1.example A", "db1.example AAAA", "db1.example A", "db1.example AAAA"), bad.questions());
        assertTrue(took.compareTo(Resolvers.TIMEOUT.multipliedBy(2)) >= 0, took.toString());
    }

    @Test
    void noCallTakesLongerThanItsMaximum() {
        bad.script(query -> {});
        DnsResolver many = Resolvers.of(bad, bad, bad, bad, bad, bad, bad);
        long start = System.nanoTime();
        LookupException failure = Resolvers.fails(Reason.NO_ANSWER, many, NAME);
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        assertTrue(took.compareTo(Resolvers.TIMEOUT.multipliedBy(5).plusSeconds(1)) < 0, took + ": " + failure);
    }

    @Test
    void refusals() throws Exception {
        for (int code : new int[] {Rcode.SERVFAIL, Rcode.REFUSED, Rcode.NOTAUTH}) {
            bad.script(query -> query.send(query.reply(code)));
            nextOneAnswers("said " + Rcode.string(code));
        }
    }

    @Test
    void aRefusalIsNotAskedForAgain() {
        bad.script(query -> query.send(query.reply(Rcode.REFUSED)));
        Resolvers.fails(Reason.NO_ANSWER, alone, NAME);
        assertEquals(2, bad.queries().size());
    }

    @Test
    void everyServerIsNamed() {
        good.script(query -> query.send(query.reply(Rcode.SERVFAIL)));
        bad.script(query -> query.send(query.reply(Rcode.REFUSED)));
        assertEquals(
                "no answer about the IPv4 addresses of db1.example: " + bad.text() + " said REFUSED, " + good.text()
                        + " said SERVFAIL",
                Resolvers.fails(Reason.NO_ANSWER, both, NAME).getMessage());
    }

    /** Another server does not know better that something is not there. */
    @Test
    void anAbsenceIsBelieved() {
        bad.forgetAll();
        Resolvers.fails(Reason.NO_SUCH_NAME, both, NAME);
        assertEquals(List.of(), good.questions());
    }

    @Test
    void aDeadServer() throws Exception {
        bad.close();
        nextOneAnswers("cannot be reached: Connection refused");
    }

    @Test
    void aServerThatDiesAndComesBack() throws Exception {
        bad.script(query -> {});
        Resolvers.fails(Reason.NO_ANSWER, alone, NAME);
        bad.script(ScriptedDns.Query::answer);
        assertEquals(List.of("10.0.0.1"), Resolvers.hosts(alone, NAME));
    }

    @Test
    void aReferral() throws Exception {
        bad.script(query -> {
            Message reply = query.reply(Rcode.NOERROR);
            reply.getHeader().unsetFlag(Flags.RA);
            reply.addRecord(ScriptedDns.record("example", 60, "NS", "ns.example."), Section.AUTHORITY);
            query.send(reply);
        });
        nextOneAnswers("only names other servers to ask: it does not look names up for us");
    }

    /** Somebody guesses: the right answer is waited for. */
    @Test
    void wrongIdsAndQuestionsArePassedOver() throws Exception {
        bad.script(query -> {
            Message wrongId = query.reply(Rcode.NOERROR);
            wrongId.getHeader().setID(query.message.getHeader().getID() ^ 1);
            wrongId.addRecord(ScriptedDns.record(NAME, 60, "A", "6.6.6.6"), Section.ANSWER);
            query.send(wrongId);
            Message wrongQuestion = new Message(query.message.getHeader().getID());
            wrongQuestion.getHeader().setFlag(Flags.QR);
            wrongQuestion.addRecord(ScriptedDns.record("db2.example", 0, "A", "6.6.6.6"), Section.QUESTION);
            wrongQuestion.addRecord(ScriptedDns.record(NAME, 60, "A", "6.6.6.6"), Section.ANSWER);
            query.send(wrongQuestion);
            query.send(query.message); // no answer at all, but the query itself
            query.raw(new byte[] {1, 2, 3});
            query.answer();
        });
        assertEquals(List.of("10.0.0.1"), Resolvers.hosts(alone, NAME));
    }

    @Test
    void nothingButWrongIds() throws Exception {
        bad.script(query -> {
            Message wrongId = query.reply(Rcode.NOERROR);
            wrongId.getHeader().setID(query.message.getHeader().getID() ^ 1);
            query.send(wrongId);
        });
        nextOneAnswers("sent nothing within 250ms but packets with a wrong id or another question");
    }

    /** Records of names that the answer does not lead to. */
    @Test
    void recordsThatNobodyAskedForAreNotTaken() {
        bad.script(query -> {
            Message reply = query.reply(Rcode.NOERROR);
            reply.addRecord(ScriptedDns.record("db2.example", 60, "A", "6.6.6.6"), Section.ANSWER);
            reply.addRecord(ScriptedDns.soa(), Section.AUTHORITY);
            query.send(reply);
        });
        Resolvers.fails(Reason.NO_RECORDS, alone, NAME);
    }

    @Test
    void brokenPackets() throws Exception {
        bad.script(query -> {
            byte[] bytes = query.reply(Rcode.NOERROR).toWire();
            bytes[7] = 9; // claims nine records and has none
            query.raw(bytes);
        });
        nextOneAnswers("sent a broken answer");
    }

    /** Whatever comes, it is an answer or a failure, and no other exception. */
    @Test
    void damagedPacketsAreAnswersOrFailures() throws Exception {
        Random random = new Random(4711);
        Message reply = new Message(1);
        reply.getHeader().setFlag(Flags.QR);
        reply.addRecord(ScriptedDns.record(NAME, 0, "A", "10.0.0.1"), Section.QUESTION);
        reply.addRecord(ScriptedDns.record(NAME, 60, "CNAME", "db2.example."), Section.ANSWER);
        reply.addRecord(ScriptedDns.record("db2.example", 60, "A", "10.0.0.1"), Section.ANSWER);
        reply.addRecord(ScriptedDns.soa(), Section.AUTHORITY);
        reply.addRecord(ScriptedDns.record("db2.example", 60, "SRV", "1 2 3 db3.example."), Section.ADDITIONAL);
        byte[] whole = reply.toWire();
        Question question = new Question(org.xbill.DNS.Name.fromString(NAME + "."), org.xbill.DNS.Type.A);
        int answers = 0;
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes =
                    java.util.Arrays.copyOf(whole, random.nextBoolean() ? whole.length : random.nextInt(whole.length));
            for (int changes = random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                Message message = Wire.read(bytes, bytes.length, question);
                if (message != null) {
                    Finding.in(message, question);
                    answers++;
                }
            } catch (Wire.NoAnswer e) {
                refused++;
            }
        }
        assertTrue(answers > 1000 && refused > 1000, answers + " answers, " + refused + " refused");
    }

    /** RFC 6891, 7. */
    @Test
    void aServerThatDoesNotKnowEdns() throws Exception {
        bad.script(query -> {
            if (query.message.getOPT() == null) {
                query.answer();
            } else {
                query.send(query.reply(Rcode.FORMERR));
            }
        });
        assertEquals(List.of("10.0.0.1"), Resolvers.hosts(alone, NAME));
        bad.script(query -> query.send(query.reply(Rcode.FORMERR)));
        nextOneAnswers("said FORMERR");
    }

    private void large(ScriptedDns server, int addresses) {
        server.forgetAll();
        for (int i = 0; i < addresses; i++) {
            server.has(NAME, 60, "A", "10.1." + i / 250 + "." + (1 + i % 250));
        }
    }

    @Test
    void whatIsCutShortIsAskedForOverTcp() throws Exception {
        large(bad, DnsLookup.MAX_RECORDS);
        assertEquals(DnsLookup.MAX_RECORDS, alone.hosts(NAME).addresses().size());
        assertTrue(bad.queries().stream().anyMatch(query -> query.tcp));
    }

    /** The time that the silence about one question takes is not the other one's. */
    @Test
    void cutShortBesideSilence() throws Exception {
        large(bad, 200);
        bad.script(query -> {
            if (query.asksFor("A")) {
                query.answer();
            }
        });
        Answer answer = alone.hosts(NAME);
        assertEquals(200, answer.addresses().size());
        assertNotNull(answer.missing());
    }

    @Test
    void moreAddressesThanAnybodyHas() {
        large(bad, 3000);
        assertEquals(
                bad.text() + " claims that db1.example has 3000 records, more than the 1024 that are taken",
                Resolvers.fails(Reason.NO_ANSWER, alone, NAME).getMessage());
    }

    @Test
    void cutShortWithoutTcp() throws Exception {
        large(bad, 200);
        bad.closeTcp();
        nextOneAnswers("cut its answer short over UDP, and over TCP it cannot be reached: Connection refused");
    }

    @Test
    void cutShortAndSilentOverTcp() throws Exception {
        large(bad, 200);
        bad.script(query -> {
            if (query.tcp) {
                query.hold();
            } else {
                query.answer();
            }
        });
        nextOneAnswers("cut its answer short over UDP, and did not answer over TCP within 250ms");
    }

    @Test
    void cutShortOverTcpAsWell() throws Exception {
        bad.script(query -> {
            Message reply = query.reply(Rcode.NOERROR);
            reply.getHeader().setFlag(Flags.TC);
            query.send(reply);
        });
        nextOneAnswers("cut its answer short over UDP, and sent a broken one over TCP");
    }

    @Test
    void closedOverTcp() throws Exception {
        large(bad, 200);
        bad.script(query -> {
            if (!query.tcp) {
                query.answer();
            }
        });
        nextOneAnswers("cut its answer short over UDP, and over TCP it closed the connection");
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void anInterruptEndsAWaitForAPacket() throws Exception {
        bad.script(query -> {});
        interruptEndsIt();
    }

    @Test
    void anInterruptEndsAWaitOnAConnection() throws Exception {
        large(bad, 200);
        bad.script(query -> {
            if (query.tcp) {
                query.hold();
            } else {
                query.answer();
            }
        });
        interruptEndsIt();
    }

    private void interruptEndsIt() throws Exception {
        DnsResolver patient = Resolvers.of(Duration.ofSeconds(20), bad);
        CompletableFuture<Answer> result = new CompletableFuture<>();
        Thread thread = Thread.ofPlatform().start(() -> {
            try {
                result.complete(patient.hosts(NAME));
            } catch (LookupException | InterruptedException e) {
                result.completeExceptionally(e);
            }
        });
        pause(300);
        thread.interrupt();
        ExecutionException failure = assertThrows(ExecutionException.class, () -> result.get(5, TimeUnit.SECONDS));
        assertInstanceOf(InterruptedException.class, failure.getCause());
    }

    @Test
    void noRouteIsAComplaintLikeOthers() {
        // 255.255.255.255 needs a permission that nobody asks for.
        DnsResolver nowhere = new DnsResolver(
                Resolvers.settings(Resolvers.TIMEOUT, new InetSocketAddress("255.255.255.255", 53), good.address()),
                java.nio.file.Path.of("/nowhere"),
                java.nio.file.Path.of("/nowhere"),
                Resolvers.order());
        good.script(query -> query.send(query.reply(Rcode.SERVFAIL)));
        String message =
                String.valueOf(Resolvers.fails(Reason.NO_ANSWER, nowhere, NAME).getMessage());
        assertTrue(message.contains("255.255.255.255:53 cannot be reached: "), message);
    }
}
