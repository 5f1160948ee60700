package dev.sluice.proxy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Epoll;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.relay.HandTurned.Link;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.RealSockets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is small goes before what is large, though epoll tells of it later. */
class PrecedenceTest extends RealSockets {
    private static final int PIECE = 48 << 10;
    private static final int SMALL = 128;

    private HandTurned sessions;
    private Link bulk;
    private Link talk;
    /** Who was read from or written to, first ones first. */
    private final List<Integer> order = new ArrayList<>();

    @BeforeEach
    void open() {
        sessions = new HandTurned(net, RelayMode.COPY, 0);
        bulk = sessions.open();
        talk = sessions.open();
        sessions.relay(bulk.client(), bulk.clientSide(), bulk.server(), PIECE);
        sessions.relay(talk.client(), talk.clientSide(), talk.server(), SMALL);
    }

    @AfterEach
    void close() {
        sessions.close();
    }

    /** Of all that is ready, in one turn and another. */
    private void watchTurns() {
        sessions.rig.script.witness((call, fd, result) -> {
            if ((call == Call.RECV || call == Call.SEND) && result > 0) {
                order.add(fd);
            }
        });
        sessions.turns(2);
        sessions.rig.script.witness(null);
    }

    /** Of a piece of the stream and a request that came after it. */
    private void assertTheRequestIsFirst() {
        sessions.send(bulk.client(), bulk.clientSide(), PIECE);
        sessions.send(talk.client(), talk.clientSide(), SMALL);
        watchTurns();
        assertEquals(List.of(talk.clientSide(), talk.upstreamSide(), bulk.clientSide(), bulk.upstreamSide()), order);
    }

    @Test
    void aRequestComesBeforeAPieceOfAStream() {
        assertTheRequestIsFirst();
    }

    /** What the answer before was like says nothing of the request. */
    @Test
    void aRequestAfterALargeAnswerDoes() {
        sessions.relay(talk.server(), talk.upstreamSide(), talk.client(), PIECE);
        assertTheRequestIsFirst();
    }

    /** There is room again for what was held up. */
    @Test
    void aRequestComesBeforeTheRestOfAPiece() {
        boolean moved = true;
        while (moved) {
            moved = bulk.client().write(Net.BUFFER) > 0;
            sessions.turns(10);
        }
        bulk.server().readRest();
        net.await(bulk.upstreamSide(), Epoll.OUT, 10_000);
        sessions.send(talk.client(), talk.clientSide(), SMALL);
        watchTurns();
        assertEquals(talk.clientSide(), order.get(0));
        assertEquals(talk.upstreamSide(), order.get(1));
        assertTrue(order.contains(bulk.upstreamSide()), order::toString);
    }
}
