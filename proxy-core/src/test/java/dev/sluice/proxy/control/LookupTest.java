package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointSource;
import dev.sluice.proxy.config.ResolveSettings;
import dev.sluice.proxy.names.Found;
import dev.sluice.proxy.names.Resolver;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What an answer adds to the one before it, and how it is asked for. */
class LookupTest {
    private static final EndpointAddress NAME = EndpointAddress.parse("db.test:5432");
    private static final EndpointAddress OTHER = EndpointAddress.parse("other.test:5432");
    private static final EndpointSource SERVICE = new EndpointSource.Service("_db._tcp.test");
    private static final EndpointSource FILE = new EndpointSource.ListFile(Path.of("/lists/db"));

    private static List<Address> addresses(String... texts) {
        return Arrays.stream(texts).map(Address::parse).toList();
    }

    private static Found found(EndpointAddress at, @Nullable String problem, String... addresses) {
        return new Found(at, null, null, false, addresses(addresses), problem);
    }

    private static Lookup lookup(EndpointSource source, Found... found) {
        return new Lookup(source, List.of(found), Duration.ofSeconds(1), null);
    }

    @Test
    void whatIsNotKnownNowIsAsItWas() {
        Lookup before = lookup(NAME, found(NAME, null, "10.0.0.1:5432"));
        Lookup after = Lookup.failed(NAME, "scripted").after(before);
        assertEquals(before.found(), after.found());
        assertEquals("scripted", after.problem());
        Lookup first = Lookup.failed(NAME, "scripted");
        assertEquals(first, first.after(null));
    }

    /** A server that answers A but not AAAA does not take the IPv6 addresses away. */
    @Test
    void aFamilyThatWasNotToldIsAsItWas() {
        Lookup before = lookup(NAME, found(NAME, null, "10.0.0.1:5432", "[fd00::1]:5432"));
        Lookup half = lookup(NAME, found(NAME, "no answer about IPv6", "10.0.0.2:5432"));
        assertEquals(
                addresses("10.0.0.2:5432", "[fd00::1]:5432"), half.after(before).addresses(NAME));
        Lookup whole = lookup(NAME, found(NAME, null, "10.0.0.2:5432"));
        assertEquals(addresses("10.0.0.2:5432"), whole.after(half.after(before)).addresses(NAME));
    }

    @Test
    void aServerOfAServiceThatHasNoAddressNowHasThoseThatItHad() {
        Lookup before = lookup(SERVICE, found(NAME, null, "10.0.0.1:5432"), found(OTHER, null, "10.0.0.2:5432"));
        Lookup after = lookup(SERVICE, found(NAME, "gone")).after(before);
        assertEquals(addresses("10.0.0.1:5432"), after.addresses(NAME));
        assertEquals(List.of(), after.addresses(OTHER), "it is in no record any more");
    }

    @Test
    void orderOfAddressesAndWordsOfProblemsAreNoDifference() {
        Lookup one = lookup(SERVICE, found(NAME, null, "10.0.0.1:1", "10.0.0.2:1"), found(OTHER, "why"));
        assertTrue(one.isSame(
                lookup(SERVICE, found(NAME, null, "10.0.0.2:1", "10.0.0.1:1"), found(OTHER, "other words"))));
        assertFalse(one.isSame(lookup(SERVICE, found(NAME, null, "10.0.0.1:1"), found(OTHER, "why"))));
        assertFalse(one.isSame(lookup(SERVICE, found(NAME, null, "10.0.0.1:1", "10.0.0.2:1"))));
        Found weighted = new Found(NAME, 2, null, false, addresses("10.0.0.1:1", "10.0.0.2:1"), null);
        assertFalse(one.isSame(lookup(SERVICE, weighted, found(OTHER, "why"))));
    }

    /** Answers or fails as the test says. */
    private static Resolver scripted(List<Found> found, @Nullable Exception failure) {
        return new Resolver() {
            @Override
            public List<Address> resolve(EndpointAddress endpoint) {
                return addresses();
            }

            @Override
            public Answer ask(EndpointSource source, ResolveSettings settings) throws IOException {
                if (failure instanceof IOException expected) {
                    throw expected;
                }
                if (failure != null) {
                    throw new IllegalStateException(failure.getMessage());
                }
                return new Answer(found, Duration.ofDays(9));
            }
        };
    }

    private static String problem(EndpointSource source, @Nullable Exception failure) {
        Question question = new Question(source, ResolveSettings.DEFAULTS, 0);
        return String.valueOf(question.ask(scripted(List.of(), failure)).problem());
    }

    @Test
    void whateverGoesWrongIsInTheAnswer() {
        Exception unknown = new UnknownHostException("why");
        assertEquals("the host does not resolve (why)", problem(NAME, unknown));
        assertEquals("the service does not resolve (why)", problem(SERVICE, unknown));
        assertEquals("/lists/db:1:1: why", problem(FILE, new IOException("/lists/db:1:1: why")));
        assertEquals("the host has no address", problem(NAME, null));
        assertEquals(
                "/lists/db: cannot be looked up (java.lang.IllegalStateException: why)",
                problem(FILE, new RuntimeException("why")));
        assertEquals("null", problem(FILE, null), "nobody is in it");
    }

    @Test
    void anAnswerIsUsedWithinTheBounds() {
        Lookup lookup = new Question(SERVICE, ResolveSettings.DEFAULTS, 0)
                .ask(scripted(List.of(found(NAME, null, "10.0.0.1:1")), null));
        assertEquals(ResolveSettings.DEFAULTS.max(), lookup.goodFor());
    }

    @Test
    void severalAreAskedAtOnceAndEachOnce() {
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            questions.add(new Question(EndpointAddress.parse("db" + i % 50 + ".test:1"), ResolveSettings.DEFAULTS, 0));
        }
        Map<Question, Lookup> answers = Question.ask(questions, scripted(List.of(), new UnknownHostException("why")));
        assertEquals(50, answers.size());
        answers.values().forEach(answer -> assertEquals("the host does not resolve (why)", answer.problem()));
    }
}
