package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.proxy.ProxyStartException;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.ProxyRig;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.Traffic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Any kind of socket on either side. */
class FamiliesTest extends RealSockets {
    private static final Address SIX = new Address.V6(0, 1, 0, 0);

    private static Address abstractName() {
        return new Address.Unix("@sluice-test-" + UUID.randomUUID());
    }

    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void anyKindOnEitherSide(RelayMode relay, @TempDir Path folder) {
        int number = 0;
        for (int front = 0; front < 4; front++) {
            for (int back = 0; back < 4; back++) {
                Address bind = address(front, folder.resolve("front" + number++));
                Address origin = address(back, folder.resolve("back" + number++));
                try (ProxyRig rig =
                        ProxyRig.plan(relay).bind(bind).origin(origin).start(net)) {
                    for (int i = 0; i < 3; i++) {
                        SessionEnd end = rig.exchange(300_000, 200_000);
                        assertEquals(rig.originAddress, end.session().endpoint());
                        assertEquals(bind.family(), end.session().client().family());
                    }
                } catch (AssertionError e) {
                    throw new AssertionError(bind + " to " + origin + ": " + e, e);
                }
            }
        }
    }

    private static Address address(int kind, Path file) {
        return switch (kind) {
            case 0 -> Net.LOOPBACK;
            case 1 -> SIX;
            case 2 -> abstractName();
            default -> new Address.Unix(file.toString());
        };
    }

    /** A unix socket has no reset to send, but what came before it is delivered all the same, and it is told as what it was. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void aResetOfTcpEndsAUnixSession(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.plan(relay).bind(abstractName()).start(net)) {
            ProxyRig.Pair pair = rig.open();
            Traffic.run(net, pair.server().sending(50_000));
            ProxyRig.await("all bytes with the proxy", () -> pair.server().unsent() == 0);
            pair.server().reset();
            Traffic.run(net, pair.client().receivingAll());
            assertEquals(50_000, pair.client().received);
            assertEquals(EndCause.UPSTREAM_RESET, rig.awaitEnd().cause());
        }
    }

    /** Closing a unix socket with bytes unread is a reset to its peer. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void aResetOfUnixIsForwardedToTcp(RelayMode relay) {
        try (ProxyRig rig = ProxyRig.plan(relay).bind(abstractName()).start(net)) {
            ProxyRig.Pair pair = rig.open();
            Traffic.run(
                    net,
                    pair.client().sending(1000),
                    pair.server().receiving(1000),
                    pair.server().sending(1000));
            ProxyRig.await("bytes to be unread", () -> net.kernel.bytesReadable(pair.client().fd) == 1000);
            pair.client().close();
            Traffic.run(net, pair.server().receivingAll());
            assertEquals("sent 1000 received 1000 ECONNRESET", pair.server().toString());
            SessionEnd end = rig.awaitEnd();
            assertEquals(EndCause.CLIENT_RESET, end.cause());
            assertEquals(Errno.ECONNRESET, end.errno());
        }
    }

    /** A read of a unix socket stops behind a message that carried descriptors, whatever is behind it; and no event tells of that. */
    @ParameterizedTest
    @EnumSource(RelayMode.class)
    void aShortReadOfAUnixSocketDoesNotMeanThatItIsEmpty(RelayMode relay) {
        Script script = new Script();
        script.rule((call, count, fd) -> call == Call.SPLICE_IN || call == Call.RECV ? Fault.full(7) : null);
        try (ProxyRig rig =
                ProxyRig.plan(relay).bind(abstractName()).origin(abstractName()).start(net, script)) {
            ProxyRig.Pair pair = rig.open();
            rig.awaitQuiet();
            assertEquals(3000, pair.client().write(3000));
            Traffic.run(net, pair.server().receiving(3000));
            assertEquals(3000, pair.server().write(3000));
            Traffic.run(net, pair.client().receiving(3000));
        }
    }

    @Test
    void aSocketFileComesAndGoesWithTheProxy(@TempDir Path folder) {
        Path file = folder.resolve("proxy.sock");
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE)
                .bind(new Address.Unix(file.toString()))
                .start(net)) {
            assertTrue(Files.exists(file));
            rig.exchange(10, 10);
        }
        assertFalse(Files.exists(file));
    }

    @Test
    void aSocketFileThatAKilledProcessLeftIsReplaced(@TempDir Path folder) {
        Address address = new Address.Unix(folder.resolve("stale.sock").toString());
        net.close(net.listen(address, 1));
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).bind(address).start(net)) {
            rig.exchange(10, 10);
        }
    }

    @Test
    void aSocketFileThatSomebodyListensOnIsNot(@TempDir Path folder) {
        Path file = folder.resolve("live.sock");
        Address address = new Address.Unix(file.toString());
        int listener = net.listen(address, 1);
        assertRefused(address, "EADDRINUSE");
        net.connect(address);
        net.accept(listener);
    }

    @Test
    void aFileThatIsNoSocketIsNeverRemoved(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("precious");
        Files.writeString(file, "data");
        assertRefused(new Address.Unix(file.toString()), "EADDRINUSE");
        assertEquals("data", Files.readString(file));
        assertRefused(new Address.Unix(folder.resolve("no/folder").toString()), "the folder does not exist");
    }

    /** Somebody else's by now. */
    @Test
    void aSocketFileThatWasReplacedMeanwhileStays(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("proxy.sock");
        Address address = new Address.Unix(file.toString());
        try (ProxyRig rig = ProxyRig.plan(RelayMode.SPLICE).bind(address).start(net)) {
            Path aside = Files.move(file, folder.resolve("aside"));
            net.listen(address, 1);
            assertEquals(List.of(), List.copyOf(rig.ends));
            assertTrue(Files.exists(aside));
        }
        assertTrue(Files.exists(file));
    }

    @Test
    void aPortThatIsTakenIsRefused() {
        Address taken = net.nameOf(net.listen(Net.LOOPBACK, 1));
        String message = assertRefused(taken, "EADDRINUSE");
        assertTrue(message.contains("cannot listen on " + taken), message);
        assertRefused(new Address.V4(0xc0000201, 0), "EADDRNOTAVAIL"); // TEST-NET-1, RFC 5737
    }

    private String assertRefused(Address bind, String reason) {
        ProxyStartException refused = assertThrows(
                ProxyStartException.class,
                () -> ProxyRig.plan(RelayMode.SPLICE).bind(bind).tryStart(net, new Script()));
        String message = assertInstanceOf(String.class, refused.getMessage());
        assertTrue(message.contains(reason), message);
        assertFalse(message.contains("\n"), message);
        return message;
    }
}
