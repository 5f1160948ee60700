package dev.sluice.proxy.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.ApplyException;
import dev.sluice.proxy.Proxy;
import dev.sluice.proxy.ProxyStartException;
import dev.sluice.proxy.config.Activation;
import dev.sluice.proxy.config.Activation.Passed;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.names.Resolver;
import dev.sluice.proxy.roles.Roles;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.testkit.Layout;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.RealSockets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Listening sockets that somebody else has opened. */
class PassedSocketsTest extends RealSockets {
    @TempDir
    Path folder;

    private final Queue<String> warnings = new ConcurrentLinkedQueue<>();
    private final List<Passed> passed = new ArrayList<>();
    private int origin;
    private Layout layout = Layout.of(2);
    private Path file = Path.of("");

    @BeforeEach
    void open() {
        origin = net.listen(Net.LOOPBACK, 64);
        file = folder.resolve("s");
        layout = Layout.of(2).upstream("u", net.nameOf(origin));
    }

    /** The proxy's from now on, if a listener has it. */
    private Address pass(String name, Address address) {
        int fd = net.listen(address, 64);
        passed.add(new Passed(fd, name));
        return net.nameOf(fd);
    }

    private Proxy tryStart() throws ProxyStartException {
        ProxyObserver observer = new ProxyObserver() {
            @Override
            public void sessionEnded(SessionEnd end) {}

            @Override
            public void warning(String text) {
                warnings.add(text);
            }
        };
        return Proxy.start(layout.config(), observer, Resolver::system, Roles.NONE, new Activation(passed, ""), null);
    }

    private Proxy start() {
        try {
            return tryStart();
        } catch (ProxyStartException e) {
            throw new AssertionError(e);
        }
    }

    private Layout listener(String name, String bind) {
        return layout.listener(ListenerConfig.of(name, EndpointAddress.parseListening(bind), "u"));
    }

    private void serves(Address address) {
        int client = net.connect(address);
        net.close(net.accept(origin));
        net.close(client);
    }

    private void closedByTheProxy(int index) {
        net.forget(passed.get(index).fd());
    }

    @Test
    void listensOnThemAndLeavesTheirFiles() {
        Address tcp = pass("web", Net.LOOPBACK);
        Address unix = pass("", new Address.Unix(file.toString()));
        listener("a", "fd:web");
        listener("b", "fd:" + passed.get(1).fd());
        listener("c", "127.0.0.1:0");
        try (Proxy proxy = start()) {
            assertEquals(tcp, proxy.listeners().get(0).address());
            assertEquals(unix, proxy.listeners().get(1).address());
            serves(tcp);
            serves(unix);
            serves(proxy.listeners().get(2).address());
            assertEquals(List.of(), List.copyOf(warnings));
        }
        closedByTheProxy(0);
        closedByTheProxy(1);
        assertTrue(Files.exists(file), "another's");
    }

    @Test
    void staysOverOtherConfigurations() throws ApplyException {
        Address tcp = pass("web", Net.LOOPBACK);
        Address unix = pass("x", new Address.Unix(file.toString()));
        listener("a", "fd:web");
        listener("b", "fd:x");
        try (Proxy proxy = start()) {
            serves(tcp);
            proxy.apply(layout.config());
            serves(tcp);
            // What no listener has any more stays open, for whoever wants it again; its clients wait meanwhile.
            proxy.apply(layout.copy().without("a").config());
            int waits = net.connect(tcp);
            proxy.apply(layout.copy()
                    .without("a")
                    .without("b")
                    .listener("other", Net.LOOPBACK, "u")
                    .config());
            assertTrue(Files.exists(file));
            proxy.apply(layout.config());
            net.close(net.accept(origin));
            net.close(waits);
            serves(tcp);
            serves(unix);
            assertEquals(List.of(), List.copyOf(warnings));
        }
        closedByTheProxy(0);
        closedByTheProxy(1);
    }

    @Test
    void whatNobodyHasIsToldOfOnceAndLeftAlone() throws ApplyException {
        Address unused = pass("web", Net.LOOPBACK);
        Address used = pass("pg", Net.LOOPBACK);
        listener("a", "fd:pg");
        try (Proxy proxy = start()) {
            serves(used);
            proxy.apply(layout.config());
            assertEquals(
                    List.of("no listener has what was passed to this process as web ("
                            + passed.getFirst().fd() + "): it is left alone, and who connects there waits"),
                    List.copyOf(warnings));
        }
        assertTrue(net.listens(unused));
        closedByTheProxy(1);
    }

    private void refused(String bind, String message) {
        listener("a", bind);
        String told = String.valueOf(
                assertThrows(ProxyStartException.class, this::tryStart).getMessage());
        assertEquals("cannot listen on " + bind + ": " + message, told);
    }

    @Test
    void whatIsNone() {
        refused("fd:web", "no socket was passed to this process: LISTEN_FDS is not set");
        int stream = net.socket(Sockets.AF_INET);
        int datagram = net.kernel.socket(Sockets.AF_INET, 2 /* SOCK_DGRAM */, 0);
        passed.add(new Passed(stream, "stream"));
        passed.add(new Passed(datagram, "datagram"));
        passed.add(new Passed(9999, "none"));
        refused("fd:stream", "descriptor " + stream + " is a socket that does not listen");
        refused("fd:datagram", "descriptor " + datagram + " is no stream socket");
        refused("fd:none", "descriptor 9999: bad file descriptor (EBADF)");
        refused(
                "fd:web",
                "no socket of this name was passed to this process, but " + "stream (" + stream + "), datagram ("
                        + datagram + "), none (9999)");
        net.kernel.close(datagram);
    }

    @Test
    void oneSocketForTwoListeners() {
        pass("web", Net.LOOPBACK);
        listener("a", "fd:web");
        listener("b", "fd:" + passed.getFirst().fd());
        String told = String.valueOf(
                assertThrows(ProxyStartException.class, this::tryStart).getMessage());
        assertTrue(told.endsWith("another listener has the same socket"), told);
        assertFalse(told.contains("\n"));
    }
}
