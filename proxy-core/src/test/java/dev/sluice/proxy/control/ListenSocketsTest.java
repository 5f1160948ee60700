package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.Activation;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.listen.ListenSocket;
import dev.sluice.proxy.loop.DescriptorBudget;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.takeover.OfferedSocket;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.RealSockets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which socket is whose, from one configuration to the next. */
class ListenSocketsTest extends RealSockets {
    private static final int DESCRIPTORS = 8;

    @TempDir
    Path folder;

    private final DescriptorBudget budget = new DescriptorBudget(DESCRIPTORS);
    private ListenSockets sockets;
    private Layout layout = Layout.of(1);

    @BeforeEach
    void open() {
        sockets = new ListenSockets(net.kernel, budget, Activation.NONE);
        layout = Layout.of(1).upstream("u", Address.parse("10.0.0.1:80"));
    }

    @AfterEach
    void close() {
        close(sockets.clear());
        assertEquals(DESCRIPTORS, budget.available());
        assertEquals(List.of(), sockets.clear());
    }

    /** As the loops do with what is gone. */
    private void close(List<ListenSocket> gone) {
        for (ListenSocket socket : gone) {
            sockets.close(socket, net.kernel);
        }
    }

    private ListenSockets.Change prepare(Layout next) throws Refusal {
        return sockets.prepare(Resolved.of(next.config(), Resolver::system));
    }

    /** Applies the layout, and closes what is gone. */
    private List<ListenSocket> apply(Layout next) {
        try {
            ListenSockets.Change change = prepare(next);
            close(sockets.commit(change, next.config().listeners()));
            assertEquals(DESCRIPTORS - change.sockets().size(), budget.available());
            return change.sockets();
        } catch (Refusal e) {
            throw new AssertionError(e);
        }
    }

    private Layout listener(String name, Address bind) {
        return layout.listener(name, bind, "u");
    }

    @Test
    void listenersComeInTheOrderOfTheConfiguration() {
        Address one = Net.unused();
        Address two = Net.unused();
        Address file = new Address.Unix(folder.resolve("s").toString());
        listener("z", two);
        listener("y", file);
        List<ListenSocket> opened = apply(listener("x", one));
        assertEquals(
                List.of(two, file, one),
                opened.stream().map(ListenSocket::address).toList());
        opened.forEach(socket -> assertTrue(net.listens(socket.address()), socket::toString));
    }

    @Test
    void aSocketIsKnownByWhatItIsBoundTo() {
        Address one = Net.unused();
        Address two = Net.unused();
        listener("a", one);
        List<ListenSocket> before = apply(listener("b", two));
        assertEquals(before, apply(layout), "the same again");
        listener("a", two);
        List<ListenSocket> swapped = apply(listener("b", one));
        assertSame(before.get(0), swapped.get(1));
        assertSame(before.get(1), swapped.get(0));
        List<ListenSocket> renamed = apply(layout.without("a").without("b").listener("c", one, "u"));
        assertSame(before.get(0), renamed.getFirst());
        assertFalse(net.listens(two));
    }

    @Test
    void aPortOfTheKernelsChoiceIsKnownByTheName() {
        listener("a", Net.LOOPBACK);
        List<ListenSocket> before = apply(listener("b", Net.LOOPBACK));
        assertNotEquals(before.get(0).address(), before.get(1).address());
        assertEquals(before, apply(layout));
        List<ListenSocket> after = apply(layout.without("a").listener("c", Net.LOOPBACK, "u"));
        assertSame(before.get(1), after.get(0));
        assertNotEquals(before.get(0).address(), after.get(1).address());
        assertFalse(net.listens(before.get(0).address()));
    }

    /** One that was passed on is handed on, whether a listener has it now or not, and kept for a later configuration. */
    @Test
    void whatWasPassedOnIsHandedOn() throws Refusal {
        int fd = net.listen(Net.LOOPBACK, 8);
        net.forget(fd);
        sockets = new ListenSockets(net.kernel, budget, new Activation(List.of(new Activation.Passed(fd, "web")), ""));
        ListenerConfig web = ListenerConfig.of("web", EndpointAddress.parseListening("fd:web"), "u");
        ListenSocket first = apply(layout.copy().listener(web)).getFirst();
        Layout without = layout.copy().listener("a", Net.LOOPBACK, "u");
        sockets.commit(prepare(without), without.config().listeners());
        List<OfferedSocket> offered = sockets.offer();
        assertEquals(2, offered.size());
        assertTrue(offered.contains(new OfferedSocket(first, "fd:web")));
        close(sockets.clear()); // what was passed on stays open
        Activation same = new Activation(List.of(new Activation.Passed(1000, "web")), "");
        sockets = new ListenSockets(net.kernel, new DescriptorBudget(DESCRIPTORS), same);
        sockets.inherit(List.of(new OfferedSocket(first, "fd:web")));
        close(sockets.commit(prepare(without), without.config().listeners()));
        sockets.own();
        Layout again = layout.copy().listener(web);
        ListenSockets.Change change = prepare(again);
        assertSame(first, change.sockets().getFirst());
        close(sockets.commit(change, again.config().listeners()));
        close(sockets.clear());
        assertFalse(net.listens(first.address()));
        assertNull(sockets.passed().unused(), "whoever passes it on again has passed on the same");
        budget.release(1);
        sockets = new ListenSockets(net.kernel, budget, Activation.NONE);
    }

    @Test
    void aUnixSocketIsKnownByItsPath() {
        Path file = folder.resolve("s");
        Path other = folder.resolve("t");
        ListenSocket before =
                apply(listener("a", new Address.Unix(file.toString()))).getFirst();
        ListenSocket after = apply(layout.without("a").listener("b", new Address.Unix(file.toString()), "u"))
                .getFirst();
        assertSame(before, after);
        assertTrue(Files.exists(file));
        apply(listener("b", new Address.Unix(other.toString())));
        assertFalse(Files.exists(file));
        assertTrue(Files.exists(other));
    }

    /** Until it is committed, nothing has changed; once undone, nothing is left. */
    @Test
    void aChangeThatIsUndoneLeavesNothing() throws Refusal {
        Address stays = Net.unused();
        Address goes = Net.unused();
        Address comes = Net.unused();
        listener("a", stays);
        List<ListenSocket> before = apply(listener("b", goes));
        Layout next = layout.copy().without("b").listener("c", comes, "u");
        ListenSockets.Change change = prepare(next);
        assertSame(before.getFirst(), change.sockets().getFirst());
        assertEquals(List.of(change.sockets().get(1)), change.opened());
        assertTrue(net.listens(comes));
        sockets.undo(change);
        assertFalse(net.listens(comes));
        assertTrue(net.listens(goes));
        assertEquals(DESCRIPTORS - 2, budget.available());
        assertEquals(before, apply(layout));
    }

    @Test
    void whatIsGoneIsToldOnce() throws Refusal {
        Address one = Net.unused();
        Address two = Net.unused();
        listener("a", one);
        List<ListenSocket> before = apply(listener("b", two));
        Layout next = layout.without("b");
        List<ListenSocket> gone = sockets.commit(prepare(next), next.config().listeners());
        assertEquals(List.of(before.get(1)), gone);
        assertTrue(net.listens(two), "open until somebody closes it");
        assertEquals(List.of(), sockets.commit(prepare(next), next.config().listeners()));
        close(gone);
        assertEquals(Set.of(before.getFirst()), new HashSet<>(sockets.clear()));
        close(List.of(before.getFirst()));
    }

    @Test
    void aSocketIsClaimedBeforeItIsOpened() {
        for (int i = 0; i < DESCRIPTORS; i++) {
            listener("l" + i, Net.LOOPBACK);
        }
        List<ListenSocket> before = apply(layout);
        assertEquals(0, budget.available());
        Refusal refused =
                assertThrows(Refusal.class, () -> prepare(layout.copy().listener("more", Net.LOOPBACK, "u")));
        assertTrue(String.valueOf(refused.getMessage()).contains("ulimit -n"), refused::toString);
        assertEquals(0, budget.available());
        assertEquals(before, apply(layout));
    }

    @Test
    void addressesThatDoNotOverlapMayShareAPort() {
        Address one = Net.unused();
        int port = ((Address.V4) one).port();
        listener("a", one);
        listener("b", new Address.V4(0x7f000002, port));
        List<ListenSocket> opened = apply(listener("c", Address.parse("[::]:" + port)));
        assertEquals(3, opened.size());
        Refusal refused = assertThrows(
                Refusal.class, () -> prepare(layout.copy().listener("d", Address.parse("[::1]:" + port), "u")));
        assertTrue(String.valueOf(refused.getMessage()).contains("at once"), refused::toString);
        assertEquals(opened, apply(layout));
    }

    // Sockets of another process

    private OfferedSocket foreign(Address address, String key) {
        try {
            ListenSocket socket = ListenSocket.open(net.kernel, address, TcpSettings.DEFAULTS);
            return new OfferedSocket(socket, key);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Address.Unix file(String name) {
        return new Address.Unix(folder.resolve(name).toString());
    }

    @Test
    void inheritedSocketsAreTakenBeforeAnyIsBound() throws Refusal {
        OfferedSocket tcp = foreign(Net.LOOPBACK, "");
        OfferedSocket any = foreign(Net.LOOPBACK, "127.0.0.1:0 any");
        OfferedSocket unix = foreign(file("s"), "");
        sockets.inherit(List.of(unix, any, tcp));
        listener("tcp", tcp.socket().address());
        listener("unix", file("s"));
        listener("any", Net.LOOPBACK);
        List<ListenSocket> taken = apply(listener("another", Net.LOOPBACK));
        assertEquals(List.of(tcp.socket(), unix.socket(), any.socket()), taken.subList(0, 3));
        assertNotEquals(any.socket(), taken.get(3));
        assertEquals(taken, apply(layout), "and so they stay");
        sockets.own();
        apply(layout.without("unix"));
        assertFalse(Files.exists(folder.resolve("s")), "its own");
    }

    @Test
    void whatNoListenerAsksForIsClosedAndStaysTheOthers() throws Refusal {
        OfferedSocket unix = foreign(file("s"), "");
        OfferedSocket any = foreign(Net.LOOPBACK, "127.0.0.1:0 gone");
        sockets.inherit(List.of(unix, any));
        apply(listener("any", Net.LOOPBACK));
        assertFalse(net.listens(any.socket().address()));
        assertTrue(Files.exists(folder.resolve("s")), "another process may still listen there");
    }

    /** It has confirmed nothing, so nothing is its own. */
    @Test
    void beforeTheyAreOwnedTheirFilesStay() throws Refusal {
        OfferedSocket unix = foreign(file("s"), "");
        sockets.inherit(List.of(unix));
        apply(listener("unix", file("s")));
        for (ListenSocket socket : sockets.clear()) {
            sockets.close(socket, net.kernel);
        }
        assertTrue(Files.exists(folder.resolve("s")));
    }

    @Test
    void inheritedInVainTheyAreClosedWithTheRest() throws Refusal {
        OfferedSocket tcp = foreign(Net.LOOPBACK, "");
        sockets.inherit(List.of(tcp));
        assertEquals(List.of(tcp.socket()), sockets.clear());
        close(List.of(tcp.socket()));
    }

    @Test
    void withoutDescriptorsNoneIsInherited() {
        OfferedSocket tcp = foreign(Net.LOOPBACK, "");
        budget.claim(DESCRIPTORS);
        Refusal refused = assertThrows(Refusal.class, () -> sockets.inherit(List.of(tcp)));
        assertTrue(String.valueOf(refused.getMessage()).contains("ulimit -n"), refused::toString);
        budget.release(DESCRIPTORS);
        assertEquals(List.of(), sockets.clear());
        tcp.socket().close(net.kernel);
    }

    @Test
    void whatIsOfferedIsInheritedAlike() throws Refusal {
        listener("tcp", Net.unused());
        listener("unix", file("s"));
        List<ListenSocket> here = apply(listener("any", Net.LOOPBACK));
        ListenSockets there = new ListenSockets(net.kernel, new DescriptorBudget(DESCRIPTORS), Activation.NONE);
        there.inherit(sockets.offer());
        ListenSockets.Change change = there.prepare(Resolved.of(layout.config(), Resolver::system));
        assertEquals(here, change.sockets());
        assertEquals(List.of(), change.opened());
        sockets.share(Set.copyOf(here));
        sockets.close(here.get(1), net.kernel);
        assertTrue(Files.exists(folder.resolve("s")), "left to the other");
        sockets.clear();
        close(List.of(here.get(0), here.get(2)));
    }
}
