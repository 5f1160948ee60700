package dev.sluice.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdminConfigTest {
    @Test
    void noneIsOff() {
        assertFalse(AdminConfig.NONE.isOn());
        assertEquals("", new Words.OfAdmin().read(""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"127.0.0.1:9901", "127.8.8.8:1", "[::1]:9901", "[0:0:0:0:0:0:0:1]:1", "localhost:9901", "unix:/a"
            })
    void whatOnlyThisMachineReachesNeedsNoToken(String bind) {
        assertTrue(new AdminConfig(bind, "", List.of(), false).isOn());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0:9901", "10.0.0.1:9901", "[::]:9901", "[2001:db8::1]:9901", "[::ffff:10.0.0.1]:1"})
    void otherAddressesDo(String bind) {
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> new AdminConfig(bind, "", List.of(), false));
        assertTrue(String.valueOf(refused.getMessage()).contains("needs a token"), refused::toString);
        assertTrue(new AdminConfig(bind, "/run/token", List.of(), false).isOn());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"db1:9901", "9901", "127.0.0.1", "unix:@name", "unix:a", "unix:", "[::1]", "127.0.0.1:70000"})
    void whatIsNoPlaceForIt(String bind) {
        assertThrows(IllegalArgumentException.class, () -> new Words.OfAdmin().read(bind));
    }

    @Test
    void theTakeoversPathHasRoomForAProcessIdBehindIt() {
        AdminConfig admin = new AdminConfig("127.0.0.1:9901", "", List.of(), false);
        String longest = "/" + "t".repeat(78);
        assertNull(admin.worry(""));
        assertNull(admin.worry(longest));
        String worry = String.valueOf(admin.worry(longest + "t"));
        assertTrue(worry.contains(" has 80 bytes") && worry.contains("at most 79 "), worry);
        assertNull(AdminConfig.NONE.worry(longest + "t"));
    }

    @Test
    void aPathHasRoomForTheNameThatItIsMadeUnder() {
        String longest = "unix:/" + "a".repeat(AdminConfig.MAX_UNIX_PATH - 1);
        assertEquals(longest, new Words.OfAdmin().read(longest));
        assertThrows(IllegalArgumentException.class, () -> new Words.OfAdmin().read(longest + "a"));
    }
}
