package dev.sluice.tests.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** That the check of what a class leaves behind sees it. */
@Timeout(60)
class LeakCheckTest {
    @Test
    void seesASocket() throws Exception {
        LeakCheck.Held before = LeakCheck.Held.now();
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Set<String> held = before.heldSince().keySet();
            assertEquals(1, held.size(), () -> socket + ": " + held);
            assertTrue(held.iterator().next().startsWith("socket:"), held::toString);
        }
        assertEquals(Map.of(), before.heldSince());
    }

    @Test
    void seesAProcessAndItsPipes() throws Exception {
        LeakCheck.Held before = LeakCheck.Held.now();
        Process process = new ProcessBuilder("sleep", "60").start();
        try {
            Set<String> held = before.heldSince().keySet();
            assertTrue(held.contains("process " + process.pid()), held::toString);
            assertEquals(3, held.stream().filter(one -> one.startsWith("pipe:")).count(), held::toString);
        } finally {
            process.destroyForcibly();
        }
        Eventually.holds("nothing is left", () -> before.heldSince().isEmpty());
    }
}
