package dev.sluice.proxy.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the environment says of sockets that were passed on (sd_listen_fds(3)). */
class ActivationTest {
    private static final long PID = 4711;

    private static Activation of(String count, String names) {
        Map<String, String> environment = new HashMap<>(Map.of("LISTEN_PID", "4711", "LISTEN_FDS", count));
        if (!names.isEmpty()) {
            environment.put("LISTEN_FDNAMES", names);
        }
        return Activation.of(environment, PID);
    }

    private static int find(Activation activation, String name) {
        try {
            return activation.find(name).fd();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String missing(Activation activation, String name) {
        return String.valueOf(
                assertThrows(IOException.class, () -> activation.find(name)).getMessage());
    }

    @Test
    void byNameAndByNumber() {
        Activation activation = of("3", "pg.socket:web:4");
        assertEquals(3, find(activation, "pg.socket"));
        assertEquals(4, find(activation, "web"));
        assertEquals(5, find(activation, "4"), "a name comes first");
        assertEquals(3, find(activation, "3"));
        assertEquals(5, find(activation, "5"));
        assertEquals(
                "no socket of this name was passed to this process, but pg.socket (3), web (4), 4 (5)",
                missing(activation, "pg"));
    }

    @Test
    void withoutNames() {
        Activation activation = of("2", "");
        assertEquals(4, find(activation, "4"));
        assertEquals("no socket of this name was passed to this process, but 3, 4", missing(activation, "web"));
    }

    @Test
    void severalOfOneName() {
        assertEquals(
                "2 sockets of this name were passed to this process, pg (3), pg (5); give each a name of its own"
                        + " (FileDescriptorName=), or choose one by its number: fd:3",
                missing(of("3", "pg:web:pg"), "pg"));
    }

    /** What is wrong with the environment is said when somebody wants something of it. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''   | 1  | LISTEN_PID is '', and this process is 4711",
                "4712 | 1  | LISTEN_PID is '4712', and this process is 4711",
                "4711 | -1 | LISTEN_FDS is '-1', which is no number of sockets",
                "4711 | 99999 | LISTEN_FDS is '99999', which is no number of sockets",
                "4711 | '' | LISTEN_FDS is not set",
            })
    void none(String pid, String count, String why) {
        Activation activation = Activation.of(Map.of("LISTEN_PID", pid, "LISTEN_FDS", count), PID);
        assertEquals(List.of(), activation.sockets());
        assertEquals("no socket was passed to this process: " + why, missing(activation, "web"));
    }

    @Test
    void namesThatDoNotFit() {
        Activation activation = of("2", "one:two:three");
        assertEquals(3, find(activation, "3"));
        assertEquals(
                "no socket of this name was passed to this process, but 3, 4; LISTEN_FDNAMES has 3 names for 2 sockets, so"
                        + " they have none",
                missing(activation, "one"));
    }

    @Test
    void nothingPassedOn() {
        assertEquals(Activation.NONE, Activation.of(Map.of(), PID));
        assertEquals(List.of(), of("0", "").sockets());
    }
}
