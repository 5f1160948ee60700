package dev.sluice.proxy.arrive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.stats.Counter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.stats.Refusal;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.upstream.Endpoint;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests to cancel a query, which go to every endpoint; and all else, which is none of that. */
class PostgresCancelTest extends RealSockets {
    private static final int CODE = 80877102;
    private static final byte[] CANCEL = message(16, CODE, 0x01020304, 0x0a0b0c0d);
    private static final long SECOND = 1_000_000_000L;

    private ReceptionRig rig;

    @BeforeEach
    void openRig() {
        rig = new ReceptionRig(net).preamble(Preamble.POSTGRES_CANCEL);
    }

    @AfterEach
    void closeRig() {
        rig.close();
    }

    private static byte[] message(int... words) {
        ByteBuffer message = ByteBuffer.allocate(words.length * Integer.BYTES);
        for (int word : words) {
            message.putInt(word);
        }
        return message.array();
    }

    private List<Integer> servers(int count) {
        List<Integer> servers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            servers.add(net.listen(Net.LOOPBACK, 256));
        }
        return servers;
    }

    private void route(List<Integer> servers) {
        rig.route(ReceptionRig.PATIENT, servers.stream().map(net::nameOf).toArray(Address[]::new));
    }

    private int client(byte[] says) {
        int fd = net.connect(rig.socket.address());
        say(fd, says, 0, says.length);
        return fd;
    }

    private void say(int fd, byte[] says, int from, int count) {
        MemorySegment.copy(says, from, net.buffer, ValueLayout.JAVA_BYTE, 0, count);
        assertEquals(count, net.kernel.send(fd, net.buffer, 0, count, Sockets.MSG_NOSIGNAL));
    }

    private int accept(int server) {
        int[] fd = {-1};
        rig.loops.until("a connection", () -> (fd[0] = net.tryAccept(server)) >= 0);
        return fd[0];
    }

    /** What it says until now is this, and no more. */
    private void assertHears(int fd, byte[] wanted) {
        rig.loops.until("all of it", () -> net.kernel.bytesReadable(fd) >= wanted.length);
        rig.loops.turnFor(10);
        long got = net.kernel.recv(fd, net.buffer, 0, Net.BUFFER, 0);
        assertArrayEquals(
                wanted, net.buffer.asSlice(0, Math.max(0, got)).toArray(ValueLayout.JAVA_BYTE), () -> got + " bytes");
    }

    /** 0 for an end in order, else −errno. */
    private long end(int client) {
        long[] got = {-Errno.EAGAIN};
        rig.loops.until("the client's end", () -> {
            got[0] = net.kernel.recv(client, net.buffer, 0, 1, 0);
            return got[0] != -Errno.EAGAIN;
        });
        return got[0];
    }

    private static void assertEnd(EndCause cause, int errno, SessionEnd end) {
        assertEquals(cause, end.cause(), end::toString);
        assertEquals(Errno.name(errno), Errno.name(end.errno()));
    }

    private void goesEverywhere(byte[] request, int count) {
        List<Integer> servers = servers(count);
        route(servers);
        int client = client(request);
        for (int i = 0; i < count; i++) {
            int fd = accept(servers.get(i));
            assertHears(fd, request);
            assertEquals(-Errno.EAGAIN, net.kernel.recv(client, net.buffer, 0, 1, 0), "as long as one is at it");
            assertTrue(rig.loops.ends.isEmpty());
            net.close(fd);
        }
        assertEquals(0, end(client), "in order");
        SessionEnd end = rig.awaitEnd();
        assertEnd(EndCause.UPSTREAM_CLOSED, 0, end);
        assertEquals((long) count * request.length, end.session().bytesUp());
        assertEquals(0, end.session().bytesDown());
        assertNull(end.session().endpoint());
        rig.assertIdle();
    }

    @Test
    void goesToEveryEndpoint() {
        goesEverywhere(CANCEL, 3);
        assertEquals(1, rig.loops.get(Counter.CANCELS));
        assertEquals(48, rig.stats().up(false));
        assertEquals(0, rig.loops.get(Counter.BYTES_UP), "they are among the listener's");
        assertEquals(1, rig.loops.get(Counter.ACCEPTED));
        goesEverywhere(CANCEL, 1);
    }

    /** Protocol 3.2 has secrets of up to 256 bytes. */
    @Test
    void ofAnyLengthThatThereIs() {
        for (int length : new int[] {20, 268}) {
            byte[] request = new byte[length];
            ByteBuffer.wrap(request).putInt(length).putInt(CODE).putInt(1, length);
            ByteBuffer.wrap(request).putInt(0, length).putInt(4, CODE);
            goesEverywhere(request, 2);
        }
    }

    @Test
    void inPieces() {
        List<Integer> servers = servers(2);
        route(servers);
        int client = net.connect(rig.socket.address());
        for (int i = 0; i < CANCEL.length; i++) {
            assertEquals(0, rig.loops.script.count(Call.CONNECT), "before all of it is there");
            say(client, CANCEL, i, 1);
            rig.loops.turnFor(5);
        }
        for (int server : servers) {
            int fd = accept(server);
            assertHears(fd, CANCEL);
            net.close(fd);
        }
        assertEquals(0, end(client));
        assertTrue(rig.loops.script.count(Call.RECV) < 40, () -> rig.loops.script + ": it polls");
    }

    /** The client may be gone by then. */
    @Test
    void andTheClientNeedNotWait() {
        List<Integer> servers = servers(2);
        route(servers);
        net.close(client(CANCEL));
        for (int server : servers) {
            int fd = accept(server);
            assertHears(fd, CANCEL);
            net.close(fd);
        }
        assertEnd(EndCause.UPSTREAM_CLOSED, 0, rig.awaitEnd());
    }

    static Stream<byte[]> others() {
        return Stream.of(
                message(8, 80877103), // SSLRequest
                message(8, 80877104), // GSSENCRequest
                message(41, 3 << 16, 0x75736572, 0, 0, 0), // the beginning of a StartupMessage
                message(15, CODE, 1, 2),
                message(12, CODE, 1),
                message(269, CODE, 1, 2),
                message(-1, CODE, 1, 2),
                message(CODE, 16, 1, 2),
                message(0, 0, 0),
                "GET / HTTP/1.1\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    }

    /** It is a session like any other, and every byte of it arrives. */
    @ParameterizedTest
    @MethodSource("others")
    void whatIsNoneIsASession(byte[] says) {
        List<Integer> servers = servers(2);
        route(servers);
        int client = client(says);
        int fd = accept(servers.getFirst());
        assertHears(fd, says);
        assertEquals(-Errno.EAGAIN, net.tryAccept(servers.getLast()));
        say(client, CANCEL, 0, 16); // which is a matter of the session now
        assertHears(fd, CANCEL);
        net.close(client);
        net.close(fd);
        SessionEnd end = rig.awaitEnd();
        assertEquals(says.length + 16, end.session().bytesUp());
        assertEquals(0, rig.loops.get(Counter.CANCELS));
    }

    /** What has an end before it is a whole request goes to one server, which may know what to do with it. */
    @Test
    void aPieceWithAnEndIsASession() {
        for (int length : new int[] {1, 7, 8, 15}) {
            List<Integer> servers = servers(1);
            route(servers);
            byte[] piece = java.util.Arrays.copyOf(CANCEL, length);
            int client = client(piece);
            net.kernel.shutdown(client, Sockets.SHUT_WR);
            int fd = accept(servers.getFirst());
            assertHears(fd, piece);
            net.close(fd);
            assertEquals(0, end(client));
            assertEquals(length, rig.awaitEnd().session().bytesUp());
        }
    }

    /** Long before the time for its first bytes is up; and no server hears of it. */
    @Test
    void aClientThatLeavesInSilence() {
        route(servers(1));
        net.close(net.connect(rig.socket.address()));
        assertEnd(EndCause.CLIENT_CLOSED, 0, rig.awaitEnd());
        int client = net.connect(rig.socket.address());
        rig.loops.turnFor(10);
        net.reset(client);
        assertEnd(EndCause.CLIENT_RESET, Errno.ECONNRESET, rig.awaitEnd());
        assertEquals(0, rig.loops.script.count(Call.CONNECT));
        rig.assertIdle();
    }

    @Test
    void aClientThatSaysTooLittleIsEnded() {
        route(servers(1));
        int silent = net.connect(rig.socket.address());
        int brief = client(message(16));
        long before = System.nanoTime();
        for (int client : List.of(silent, brief)) {
            assertEquals(-Errno.ECONNRESET, end(client));
            assertEnd(EndCause.IDLE_TIMEOUT, 0, rig.awaitEnd());
        }
        assertTrue(System.nanoTime() - before >= 4900 * (SECOND / 1000));
        assertEquals(0, rig.loops.script.count(Call.CONNECT), "nobody was connected to");
        rig.assertIdle();
    }

    @Test
    void whoIsDownIsNotAsked() {
        List<Integer> servers = servers(3);
        route(servers);
        rig.endpoint(0).state(Endpoint.State.DOWN);
        rig.endpoint(1).state(Endpoint.State.DRAIN); // it has sessions, perhaps
        int client = client(CANCEL);
        for (int i = 1; i < 3; i++) {
            int fd = accept(servers.get(i));
            assertHears(fd, CANCEL);
            net.close(fd);
        }
        assertEquals(0, end(client));
        assertEnd(EndCause.UPSTREAM_CLOSED, 0, rig.awaitEnd());
        rig.endpoint(1).state(Endpoint.State.DOWN);
        rig.endpoint(2).state(Endpoint.State.DOWN);
        client = client(CANCEL);
        assertEquals(-Errno.ECONNRESET, end(client));
        SessionEnd end = rig.awaitEnd();
        assertEnd(EndCause.REFUSED, 0, end);
        assertEquals(Refusal.DOWN, end.refusal());
        assertEquals(-Errno.EAGAIN, net.tryAccept(servers.getFirst()));
    }

    @Test
    void whoRefusesIsToldOfAndTheOthersAreAsked() {
        int server = servers(1).getFirst();
        Address refusing = net.refusing();
        rig.route(ReceptionRig.PATIENT, refusing, net.nameOf(server));
        int client = client(CANCEL);
        int fd = accept(server);
        assertHears(fd, CANCEL);
        net.reset(fd); // which is an end, too
        assertEquals(0, end(client));
        SessionEnd end = rig.awaitEnd();
        assertEnd(EndCause.CONNECT_FAILED, Errno.ECONNREFUSED, end);
        assertEquals(refusing, end.session().endpoint());
        assertEquals(16, end.session().bytesUp());
        assertEquals(0, rig.endpoint(0).sum(Endpoint.Count.FAILURES), "it was no session");
    }

    /** Connected or not, each has the time of an attempt, and no more. */
    @Test
    void whoDoesNotAnswerOrNotEnd() {
        int server = servers(1).getFirst();
        rig.route(SECOND / 5, net.deaf(), net.nameOf(server));
        int client = client(CANCEL);
        int fd = accept(server);
        assertHears(fd, CANCEL);
        assertEquals(0, end(client));
        assertEnd(EndCause.CONNECT_TIMEOUT, Errno.ETIMEDOUT, rig.awaitEnd());
        rig.assertIdle();
    }

    /** A request that is lost lets a query run on: it waits for room, as a session would. */
    @Test
    void waitsForRoomInAFullBacklog() {
        Address address = Net.abstractName();
        int server = net.listen(address, 1);
        List<Integer> before = net.fillBacklog(address);
        rig.route(ReceptionRig.PATIENT, address);
        int client = client(CANCEL);
        rig.loops.turnFor(500);
        assertTrue(rig.loops.ends.isEmpty());
        long tries = rig.loops.script.count(Call.CONNECT);
        assertTrue(tries > 2 && tries < 10, () -> tries + " tries in half a second");
        before.forEach(fd -> net.close(net.accept(server)));
        int fd = accept(server);
        assertHears(fd, CANCEL);
        net.close(fd);
        assertEquals(0, end(client));
        assertEnd(EndCause.UPSTREAM_CLOSED, 0, rig.awaitEnd());
        rig.assertIdle();
    }

    @Test
    void waitsNoLongerThanAnAttemptMay() {
        Address address = Net.abstractName();
        net.listen(address, 1);
        net.fillBacklog(address);
        rig.route(SECOND / 5, address);
        int client = client(CANCEL);
        assertEquals(-Errno.ECONNRESET, end(client));
        assertEnd(EndCause.CONNECT_FAILED, Errno.EAGAIN, rig.awaitEnd());
        rig.assertIdle();
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS})
    void waitsForADescriptor(int errno) {
        List<Integer> servers = servers(1);
        route(servers);
        rig.loops.script.once(Call.SOCKET, 1, Fault.error(errno));
        int client = client(CANCEL);
        int fd = accept(servers.getFirst());
        assertHears(fd, CANCEL);
        net.close(fd);
        assertEquals(0, end(client));
        assertEnd(EndCause.UPSTREAM_CLOSED, 0, rig.awaitEnd());
        rig.assertIdle();
    }

    @Test
    void aFewAtATime() {
        int server = net.listen(Net.LOOPBACK, 256);
        Address[] same = new Address[100];
        java.util.Arrays.fill(same, net.nameOf(server));
        rig.route(ReceptionRig.PATIENT, same);
        int client = client(CANCEL);
        List<Integer> connected = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            connected.add(accept(server));
            if (connected.size() == Everywhere.AT_ONCE || i == 99) {
                rig.loops.turnFor(20);
                assertEquals(-Errno.EAGAIN, net.tryAccept(server));
                connected.forEach(net::close);
                connected.clear();
            }
        }
        assertEquals(0, end(client));
        assertEquals(1600, rig.awaitEnd().session().bytesUp());
        rig.assertIdle();
    }

    /** One after the other, on the one that it has. */
    @Test
    void withoutDescriptors() {
        rig.close();
        rig = new ReceptionRig(net, 1, Net.LOOPBACK, 2).preamble(Preamble.POSTGRES_CANCEL);
        List<Integer> servers = servers(3);
        route(servers);
        int client = client(CANCEL);
        for (int server : servers) {
            int fd = accept(server);
            assertHears(fd, CANCEL);
            net.close(fd);
        }
        assertEquals(0, end(client));
        assertEnd(EndCause.UPSTREAM_CLOSED, 0, rig.awaitEnd());
        rig.assertIdle();
    }

    @Test
    void manyAtOnceAreRefused() {
        route(servers(2));
        for (int i = 0; i < LookContext.MOST_AT_ONCE; i++) {
            client(CANCEL);
        }
        rig.loops.until("all", () -> rig.loops.get(Counter.CANCELS) == LookContext.MOST_AT_ONCE);
        for (int i = 1; i <= 3; i++) {
            int client = client(CANCEL);
            assertEquals(-Errno.ECONNRESET, end(client));
            SessionEnd end = rig.awaitEnd();
            assertEnd(EndCause.LIMIT, 0, end);
            assertEquals(Refusal.CANCELS, end.refusal());
            assertEquals(i, rig.loops.get(Counter.CANCELS_REFUSED));
        }
        assertEquals(1, rig.loops.warnings.size(), rig.loops.warnings::toString);
        assertTrue(rig.loops.warnings.getFirst().contains("64"), rig.loops.warnings::toString);
        int session = client(message(8, 80877103)); // which is no request
        rig.loops.turnFor(20);
        assertTrue(rig.loops.ends.isEmpty());
        net.close(session);
    }

    @Test
    void aStopCutsThem() {
        LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
        ReceptionRig own = new ReceptionRig(net).preamble(Preamble.POSTGRES_CANCEL);
        own.route(ReceptionRig.PATIENT, net.deaf(), net.deaf());
        int looked = net.connect(own.socket.address());
        int client = net.connect(own.socket.address());
        say(client, CANCEL, 0, 16);
        own.loops.until("it to be under way", () -> own.loops.script.count(Call.CONNECT) == 2);
        own.close();
        assertEquals(2, own.loops.ends.size());
        own.loops.ends.forEach(end -> assertEquals(EndCause.DRAINED, end.cause()));
        net.close(looked);
        net.close(client);
        assertEquals(
                0,
                before.openedSince().values().stream()
                        .filter(name -> !name.contains("socket"))
                        .count());
    }

    /** Whatever call there is no memory at, or which fails: nothing of it is left, and the next one is served. */
    @ParameterizedTest
    @EnumSource(
            value = Call.class,
            names = {"RECV", "SOCKET", "CONNECT", "EPOLL_CTL", "GETSOCKOPT", "GETSOCKNAME", "SEND"})
    void noMemoryAtAnyCallLosesNothing(Call call) {
        for (Fault fault : List.of(Fault.outOfMemory(), Fault.error(Errno.ENOBUFS), Fault.error(Errno.EINTR))) {
            for (int k = 1; k <= 4; k++) {
                List<Integer> servers = servers(2);
                route(servers);
                LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
                int client = net.connect(rig.socket.address());
                rig.loops.until("it to be looked at", () -> rig.loops.get(Counter.ACTIVE) == 1);
                rig.loops.script.once(call, k, fault);
                say(client, CANCEL, 0, 16);
                rig.loops.until("the end", () -> {
                    for (int server : servers) {
                        int fd = net.tryAccept(server);
                        if (fd >= 0) {
                            net.close(fd);
                        }
                    }
                    return !rig.loops.ends.isEmpty();
                });
                rig.loops.ends.clear();
                rig.loops.script.clear();
                net.close(client);
                assertEquals(Map.of(), before.leftOpen(), () -> call + " " + fault);
                rig.assertIdle();
                servers.forEach(net::close);
            }
        }
    }
}
