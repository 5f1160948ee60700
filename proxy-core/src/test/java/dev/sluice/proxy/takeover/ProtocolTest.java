package dev.sluice.proxy.takeover;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.proxy.takeover.TakeoverException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Messages as bytes and back, and bytes that are no messages. */
class ProtocolTest {
    private static final Protocol.Item LISTENER = new Protocol.Item(false, "127.0.0.1:0 a", "");

    private static void assertNonsense(Executable reading) {
        TakeoverException e = assertThrows(TakeoverException.class, reading);
        assertEquals(Reason.NONSENSE, e.reason());
    }

    @Test
    void messagesAreReadAsTheyWereWritten() throws TakeoverException {
        Protocol.Hello hello = new Protocol.Hello(1, 65_535);
        assertEquals(hello, Protocol.hello(Protocol.hello(hello)));
        Protocol.Offer offer = new Protocol.Offer(2, 700, 5);
        assertEquals(offer, Protocol.offer(Protocol.offer(offer)));
        List<ByHand> byHand =
                List.of(new ByHand("ä", "db1:5432", "10.0.0.1:5432", "down"), new ByHand("b", "", "", "paused"));
        assertEquals(byHand, Protocol.byHand(Protocol.byHand(byHand)));
        List<Protocol.Item> items =
                List.of(LISTENER, new Protocol.Item(true, "", "(dev=1,ino=2)"), new Protocol.Item(false, "ä:0 ö", ""));
        assertEquals(items, Protocol.sockets(Protocol.sockets(items)));
        assertEquals(List.of(0, 2), Protocol.confirm(Protocol.confirm(List.of(0, 2)), 3));
        assertEquals(List.of(), Protocol.confirm(Protocol.confirm(List.of()), 0));
        assertEquals("no, thanks", Protocol.refusalText(Protocol.refusal("no, thanks")));
    }

    /** What every version must understand of every other: these bytes are for ever. */
    @Test
    void theGreetingIsTheSameForEver() throws TakeoverException {
        byte[] greeting = {'S', 'L', 'U', 'I', 'C', 'E', 'T', 'O', 0, 1, 0, 1};
        assertArrayEquals(greeting, Protocol.hello(new Protocol.Hello(1, 1)));
        byte[] later = Arrays.copyOf(greeting, greeting.length + 5);
        assertEquals(new Protocol.Hello(1, 1), Protocol.hello(later), "a later version may say more");
        assertArrayEquals("no".getBytes(StandardCharsets.US_ASCII), Protocol.refusal("no"));
    }

    @Test
    void versionsInCommon() {
        assertEquals(1, new Protocol.Hello(1, 1).inCommon());
        assertEquals(2, new Protocol.Hello(1, 2).inCommon());
        assertEquals(2, new Protocol.Hello(2, 65_535).inCommon());
        assertEquals(0, new Protocol.Hello(3, 4).inCommon());
        assertEquals(0, new Protocol.Hello(0, 0).inCommon());
        assertEquals(0, new Protocol.Hello(2, 1).inCommon());
    }

    /** Of the first version, which knew of sockets only. */
    @Test
    void theFirstVersionsOfferIsStillTheSame() throws TakeoverException {
        byte[] offer = {0, 1, 0, 0, 0, 7};
        assertArrayEquals(offer, Protocol.offer(new Protocol.Offer(1, 7, 3)));
        assertEquals(new Protocol.Offer(1, 7, 0), Protocol.offer(offer));
    }

    @Test
    void aRefusalCannotForgeALogLine() {
        byte[] text = "a\nsluice: b\u001b[2J".getBytes(StandardCharsets.UTF_8);
        assertEquals("a sluice: b [2J", Protocol.refusalText(text));
        assertEquals(1024, Protocol.refusalText(new byte[5000]).length());
    }

    @Test
    void nonsenseIsFoundOut() {
        assertNonsense(() -> Protocol.hello(new byte[0]));
        assertNonsense(() -> Protocol.hello("GET / HTTP/1.1".getBytes(StandardCharsets.US_ASCII)));
        assertNonsense(() -> Protocol.offer(new byte[5]));
        assertNonsense(() -> Protocol.offer(new byte[7]));
        assertNonsense(() -> Protocol.offer(Protocol.offer(new Protocol.Offer(1, -1, 0))));
        assertNonsense(() -> Protocol.offer(Protocol.offer(new Protocol.Offer(1, 1 << 20, 0))));
        assertNonsense(() -> Protocol.offer(Protocol.offer(new Protocol.Offer(2, 1, -1))));
        assertNonsense(() -> Protocol.offer(Protocol.offer(new Protocol.Offer(3, 1, 0))));
        assertNonsense(() -> Protocol.offer(new byte[] {0, 2, 0, 0, 0, 1}));
        assertNonsense(() -> Protocol.byHand(new byte[] {0, 1}));
        byte[] sockets = Protocol.sockets(List.of(LISTENER));
        assertNonsense(() -> Protocol.sockets(Arrays.copyOf(sockets, sockets.length - 1)));
        assertNonsense(() -> Protocol.sockets(Arrays.copyOf(sockets, sockets.length + 1)));
        assertNonsense(() -> Protocol.confirm(Protocol.confirm(List.of(3)), 3));
        assertNonsense(() -> Protocol.confirm(Protocol.confirm(List.of(-1)), 3));
        assertNonsense(() -> Protocol.confirm(new byte[3], 3));
    }

    @Test
    void anyBytesAreAMessageOrNonsense() {
        Random random = new Random(4711);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            if (bytes.length > 2 && random.nextBoolean()) {
                bytes[0] = 0;
                bytes[1] = (byte) random.nextInt(3);
            }
            try {
                assertTrue(Protocol.sockets(bytes).size() < 256);
            } catch (TakeoverException e) {
                assertEquals(Reason.NONSENSE, e.reason());
            }
        }
    }

    /** The longest texts that are sent fit, as many at once as are sent at once; a longer one is left out. */
    @Test
    void aBatchFitsIntoAMessage() throws TakeoverException {
        Protocol.Item longest = new Protocol.Item(false, "k".repeat(1024), "f".repeat(1024));
        List<Protocol.Item> batch = Collections.nCopies(Protocol.itemsAtOnce(), longest);
        byte[] body = Protocol.sockets(batch);
        assertTrue(body.length <= Protocol.MAX_BODY);
        assertEquals(batch, Protocol.sockets(body));
        assertTrue(Protocol.itemsAtOnce() <= 253);
        ByHand four = new ByHand("u".repeat(1024), "e".repeat(1024), "a".repeat(1024), "s".repeat(1024));
        List<ByHand> all = Collections.nCopies(Protocol.byHandAtOnce(), four);
        assertTrue(Protocol.byHand(all).length <= Protocol.MAX_BODY);
        assertEquals(all, Protocol.byHand(Protocol.byHand(all)));
        Protocol.Item tooLong = new Protocol.Item(false, "k".repeat(1025), "f");
        assertEquals(List.of(new Protocol.Item(false, "", "f")), Protocol.sockets(Protocol.sockets(List.of(tooLong))));
    }
}
