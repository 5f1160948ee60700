package dev.sluice.cli.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.DescriptorLeakCheck;
import dev.sluice.cli.admin.Target;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(DescriptorLeakCheck.class)
class PredecessorsTest {
    /** A process that lives. */
    private static final long LIVES = ProcessHandle.current().pid();
    /** More than any process id. */
    private static final long NOBODY = 4_194_305;

    @TempDir
    private Path folder;

    private Path takeover;
    private ServerSocketChannel socket;

    @BeforeEach
    void open() throws IOException {
        takeover = folder.resolve("takeover");
        socket = listen(takeover);
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
    }

    private static ServerSocketChannel listen(Path file) throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(file), 1);
    }

    private Path of(long pid) {
        return folder.resolve("takeover." + pid);
    }

    private List<Target.Predecessor> listed() {
        return Predecessors.of(takeover.toString());
    }

    @Test
    void whatOneHasLeftBehindGoesEvenIfItsProcessIdIsAnothersNow() throws IOException {
        listen(of(LIVES)).close();
        assertTrue(Files.exists(of(LIVES)));
        assertEquals(List.of(), listed());
        assertFalse(Files.exists(of(LIVES)));
    }

    @Test
    void whoListensIsListedWhateverItsProcessIdIsHere() throws IOException {
        try (ServerSocketChannel one = listen(of(NOBODY));
                ServerSocketChannel other = listen(of(1))) {
            assertTrue(one.isOpen() && other.isOpen());
            assertEquals(
                    List.of(
                            new Target.Predecessor(1, "unix:" + of(1)),
                            new Target.Predecessor(NOBODY, "unix:" + of(NOBODY))),
                    listed());
        }
    }

    @Test
    void whoseBacklogIsFullIsListedAtOnce() throws IOException {
        try (ServerSocketChannel one = listen(of(NOBODY));
                SocketChannel first = SocketChannel.open(UnixDomainSocketAddress.of(of(NOBODY)));
                SocketChannel second = SocketChannel.open(UnixDomainSocketAddress.of(of(NOBODY)))) {
            assertTrue(one.isOpen() && first.isConnected() && second.isConnected());
            assertEquals(List.of(new Target.Predecessor(NOBODY, "unix:" + of(NOBODY))), listed());
        }
    }

    @Test
    void whatIsNoneOfThemStays() throws IOException {
        Files.createFile(of(LIVES));
        listen(folder.resolve("takeover.x")).close();
        assertEquals(List.of(), listed());
        assertTrue(Files.exists(of(LIVES)));
        assertTrue(Files.exists(folder.resolve("takeover.x")));
    }
}
