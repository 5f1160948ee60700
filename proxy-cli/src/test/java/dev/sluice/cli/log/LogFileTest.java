package dev.sluice.cli.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class LogFileTest {
    /** Longer than it is between two tries. */
    private static final long PAST_RETRY_MILLIS = 1_100;

    @TempDir
    private Path folder;

    private Path path() {
        return folder.resolve("sub/access.log");
    }

    private LogFile open() throws IOException {
        Files.createDirectories(path().getParent());
        return new LogFile(path());
    }

    private static void write(LogFile file, String lines) throws IOException {
        byte[] bytes = lines.getBytes(StandardCharsets.UTF_8);
        file.write(bytes, bytes.length);
    }

    @Test
    void appendsAndEndsALineThatWasTorn() throws IOException {
        Files.createDirectories(path().getParent());
        Files.writeString(path(), "one\ntw");
        try (LogFile file = open()) {
            write(file, "three\nfour\n");
        }
        try (LogFile file = open()) {
            write(file, "five\n");
        }
        assertEquals("one\ntw\nthree\nfour\nfive\n", Files.readString(path()));
    }

    @Test
    void goesOnWhereItsPathLeads() throws IOException {
        try (LogFile file = open()) {
            write(file, "one\n");
            Path moved = Files.move(path(), folder.resolve("moved"));
            write(file, "two\n");
            assertEquals("one\n", Files.readString(moved));
            assertEquals("two\n", Files.readString(path()));
            Files.delete(path());
            write(file, "three\n");
            assertEquals("three\n", Files.readString(path()));
            Files.move(path(), folder.resolve("moved again"));
            Files.writeString(path(), "");
            write(file, "four\n");
            assertEquals("four\n", Files.readString(path()), "what rotates logs may make a new one itself");
        }
    }

    /** Between a rotation and its end, there may be nothing there, in a folder that is not this user's. */
    @Test
    void whatWasMovedIsWrittenToAsLongAsItCannotBeOpenedAnew() throws IOException {
        try (LogFile file = open()) {
            write(file, "one\n");
            Path away = Files.move(path().getParent(), folder.resolve("away"));
            write(file, "two\n");
            write(file, "three\n");
            assertEquals("one\ntwo\nthree\n", Files.readString(away.resolve("access.log")));
        }
    }

    @Test
    void whatWasRemovedIsTriedAgainEverySecond() throws Exception {
        try (LogFile file = open()) {
            write(file, "one\n");
            Files.delete(path());
            Files.delete(path().getParent());
            IOException gone = assertThrows(IOException.class, () -> write(file, "two\nthree\n"));
            assertEquals(
                    "its file was removed and cannot be opened anew: its folder does not exist", gone.getMessage());
            assertEquals(0, file.kept());
            Files.createDirectory(path().getParent());
            Thread.sleep(PAST_RETRY_MILLIS);
            write(file, "four\n");
            assertEquals("four\n", Files.readString(path()));
        }
    }

    @Test
    void reopenedItIsThereBeforeTheNextLine() throws IOException {
        try (LogFile file = open()) {
            write(file, "one\n");
            file.reopen();
            Path moved = Files.move(path(), folder.resolve("moved"));
            file.reopen();
            assertEquals("", Files.readString(path()));
            write(file, "two\n");
            assertEquals("one\n", Files.readString(moved));
            assertEquals("two\n", Files.readString(path()));
            Path away = Files.move(path().getParent(), folder.resolve("away"));
            IOException none = assertThrows(IOException.class, file::reopen);
            assertEquals("its file cannot be opened anew: its folder does not exist", none.getMessage());
            write(file, "three\n");
            assertEquals("two\nthree\n", Files.readString(away.resolve("access.log")));
        }
    }

    @Test
    void aPipeIsOpenedWithoutAReaderAndGivenUpWhenItIsFull() throws Exception {
        Files.createDirectories(path().getParent());
        assertEquals(0, new ProcessBuilder("mkfifo", path().toString()).start().waitFor());
        try (LogFile file = open();
                RandomAccessFile reader = new RandomAccessFile(path().toFile(), "r")) {
            write(file, "one\n");
            assertEquals("one", reader.readLine());
            CompletableFuture<IOException> failed = new CompletableFuture<>();
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    write(file, "x".repeat(1 << 20) + "\n");
                } catch (IOException e) {
                    failed.complete(e);
                }
            });
            Thread.sleep(200);
            assertFalse(failed.isDone(), "it waits for the reader");
            file.giveUp();
            assertTrue(failed.get(5, TimeUnit.SECONDS) != null);
        }
    }

    @Test
    void whatCannotBeOpenedSaysWhy() {
        IOException none = assertThrows(IOException.class, () -> new LogFile(folder.resolve("none/at/all")));
        assertEquals("its folder does not exist", LogFile.why(none));
        IOException isFolder = assertThrows(IOException.class, () -> new LogFile(folder));
        assertTrue(String.valueOf(LogFile.why(isFolder)).contains("directory"), isFolder::toString);
    }
}
