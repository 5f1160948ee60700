package dev.sluice.proxy.health.dialogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.sluice.proxy.health.dialogue.AgentOrders.Mode;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The words of HAProxy's agent-check. */
class AgentOrdersTest {
    private static void says(String line, @Nullable Boolean up, @Nullable Mode mode, int percent) {
        AgentOrders orders = Objects.requireNonNull(AgentOrders.parse(line), line);
        assertEquals(up, orders.up(), line);
        assertEquals(mode, orders.mode(), line);
        assertEquals(percent, orders.percent(), line);
    }

    @Test
    void wordsComeInAnyOrderAndCase() {
        says("up", true, null, -1);
        says("UP ready 75%\r", true, Mode.READY, 75);
        says("50%,drain", null, Mode.DRAIN, 50);
        says("\tmaint", null, Mode.MAINT, -1);
        says("down", false, null, -1);
        says("fail", false, null, -1);
        says("stopped", false, null, -1);
        says("0%", null, null, 0);
        says("up maxconn:30 150%", true, null, 100);
    }

    @Test
    void whatIsBehindASharpIsAReason() {
        says("down # up 50% drain", false, null, -1);
        says("down#overload", false, null, -1);
        assertEquals(
                "agent: \"down # caf\\xe9 \\\"x\\\"\"",
                Objects.requireNonNull(AgentOrders.parse("down # caf\u00e9 \"x\"\r"))
                        .reason());
    }

    @Test
    void whatNoAgentSaysIsNone() {
        for (String line : new String[] {"", "# up", "hello", "HTTP/1.1 200 OK", "-5%", "50", "%", "99999%"}) {
            assertNull(AgentOrders.parse(line), line);
        }
    }
}
