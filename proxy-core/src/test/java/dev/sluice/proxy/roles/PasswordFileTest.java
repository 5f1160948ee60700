package dev.sluice.proxy.roles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is in the file, what is not taken for a password, and what is said of it: never what is in it. */
class PasswordFileTest {
    @TempDir
    private Path folder;

    private Path file = Path.of("");

    @BeforeEach
    void name() {
        file = folder.resolve("password");
    }

    private void write(String text) throws IOException {
        Files.writeString(file, text);
        mode("rw-------");
    }

    private void mode(String mode) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    private String problem() {
        String message = String.valueOf(
                assertThrows(RoleException.class, () -> PasswordFile.read(file)).getMessage());
        assertFalse(message.contains("hunter2"), message);
        assertEquals(message, "its " + PasswordFile.worry(file));
        return message.replace(file.toString(), "FILE");
    }

    @Test
    void isOneLineWithoutItsEnd() throws Exception {
        for (String end : new String[] {"", "\n", "\r\n"}) {
            write("hunter2 é " + end);
            assertEquals("hunter2 é ", PasswordFile.read(file));
            assertNull(PasswordFile.worry(file));
        }
    }

    @Test
    void whatIsNoPassword() throws Exception {
        assertEquals("its password-file FILE cannot be read: there is no such file", problem());
        write("\n");
        assertEquals("its password-file FILE is empty", problem());
        write("hunter2\nhunter2\n");
        assertEquals("its password-file FILE has more in it than one line", problem());
        write("hunter2\0");
        assertEquals("its password-file FILE has more in it than one line", problem());
        write("x".repeat(5000));
        assertEquals("its password-file FILE has more in it than one line", problem());
        write("x".repeat(4096) + "\n");
        assertEquals(4096, PasswordFile.read(file).length());
        Files.write(file, "hunter2é".getBytes(StandardCharsets.ISO_8859_1));
        assertEquals("its password-file FILE is not a text in UTF-8", problem());
        Files.delete(file);
        Files.createDirectory(file);
        assertEquals("its password-file FILE cannot be read: it is no regular file", problem());
    }

    @Test
    @Timeout(20)
    void aPipeIsNotWaitedFor() throws Exception {
        assertEquals(0, new ProcessBuilder("mkfifo", file.toString()).start().waitFor());
        assertEquals("its password-file FILE cannot be read: it is no regular file", problem());
    }

    @Test
    void oneThatEverybodyMayReadIsAWorryAndStillRead() throws Exception {
        write("hunter2");
        mode("rw-r--r--");
        assertEquals(
                "password-file " + file + " can be read by everybody; chmod o-r takes care of that",
                PasswordFile.worry(file));
        assertEquals("hunter2", PasswordFile.read(file));
        mode("rw-r-----");
        assertNull(PasswordFile.worry(file));
    }
}
