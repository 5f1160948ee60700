package dev.sluice.cli.names.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The test asks instead of the thread, whose next question is far away: it counts in questions, not in seconds. */
class FileWatchTest {
    private static final Duration NEVER = Duration.ofDays(1);

    @TempDir
    private Path folder;

    private final List<RuntimeException> unexpected = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final FileWatch watch = new FileWatch(unexpected::add, NEVER);
    private Path file = Path.of("set before each test");

    @BeforeEach
    void begin() throws IOException {
        file = Files.writeString(folder.resolve("pg.endpoints"), "one");
        watch(file);
    }

    @AfterEach
    void end() {
        watch.close();
        assertEquals(List.of(), unexpected);
    }

    private FileWatch.Watched watch(Path path) {
        return watch.watch(path, changed -> told.add(content(changed)));
    }

    private static String content(Path path) {
        try {
            return Files.exists(path) ? Files.readString(path) : "gone";
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Nothing at the first question after a change, this at the second, and nothing more. */
    private void tells(String content) {
        watch.poll();
        assertEquals(List.of(), told);
        watch.poll();
        assertEquals(List.of(content), told);
        told.clear();
        rests();
    }

    private void rests() {
        watch.poll();
        watch.poll();
        watch.poll();
        assertEquals(List.of(), told);
    }

    @Test
    void nothingChanges() {
        rests();
    }

    @Test
    void rewrittenInPlace() throws Exception {
        Files.writeString(file, "two");
        tells("two");
    }

    /** The same length, and a time that was set back, as tools do that copy with times. */
    @Test
    void rewrittenInPlaceWithItsOldTime() throws Exception {
        FileTime time = Files.getLastModifiedTime(file);
        Thread.sleep(20); // the kernel's clock for files is a coarse one
        Files.writeString(file, "two");
        Files.setLastModifiedTime(file, time);
        tells("two");
    }

    @Test
    void renamedOver() throws Exception {
        Path fresh = Files.writeString(folder.resolve("fresh"), "two");
        Files.setLastModifiedTime(fresh, Files.getLastModifiedTime(file));
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        tells("two");
    }

    @Test
    void deletedAndMadeAgain() throws Exception {
        Files.delete(file);
        tells("gone");
        Files.writeString(file, "two");
        tells("two");
    }

    /** As editors do that remove the old one first. */
    @Test
    void deletedForAMoment() throws Exception {
        Files.delete(file);
        watch.poll();
        Files.writeString(file, "two");
        tells("two");
    }

    /** A ConfigMap: the file is a link to ..data/file, and ..data a link to a folder, which is replaced. */
    @Test
    void aLinkOnTheWayIsSwitched() throws Exception {
        for (String version : List.of("one", "two", "six")) {
            Path directory = Files.createDirectory(folder.resolve(".." + version));
            Files.writeString(directory.resolve("list"), version);
        }
        Path data = folder.resolve("..data");
        Files.createSymbolicLink(data, Path.of("..one"));
        Path link = Files.createSymbolicLink(folder.resolve("list"), Path.of("..data/list"));
        watch(link);
        rests();
        for (String version : List.of("two", "six")) {
            Path fresh = Files.createSymbolicLink(folder.resolve("..data_tmp"), Path.of(".." + version));
            Files.move(fresh, data, StandardCopyOption.ATOMIC_MOVE);
            tells(version);
        }
    }

    @Test
    void aFolderOnTheWayIsRenamed() throws Exception {
        Path directory = Files.createDirectory(folder.resolve("etc"));
        Path inside = Files.writeString(directory.resolve("list"), "one");
        watch(inside);
        Files.move(directory, folder.resolve("other"));
        tells("gone");
    }

    @Test
    void aFileThatIsNotThereYet() throws Exception {
        Path later = folder.resolve("later");
        watch(later);
        rests();
        Files.writeString(later, "one");
        tells("one");
    }

    @Test
    void aFileThatIsBeingWrittenIsLeftAlone() throws Exception {
        Files.writeString(file, "");
        for (int i = 0; i < 5; i++) {
            watch.poll();
            assertEquals(List.of(), told);
            Files.writeString(file, "line\n", StandardOpenOption.APPEND);
        }
        tells("line\n".repeat(5));
    }

    @Test
    void aFileThatNeverRestsIsToldNevertheless() throws Exception {
        for (int i = 0; i < 30; i++) {
            Files.writeString(file, "x", StandardOpenOption.APPEND);
            watch.poll();
        }
        assertEquals(3, told.size());
    }

    @Test
    void whatIsClosedIsNotToldAnyMore() throws Exception {
        Path other = Files.writeString(folder.resolve("other"), "one");
        FileWatch.Watched watched = watch(other);
        Files.writeString(other, "three");
        watched.close();
        rests();
    }

    @Test
    void aListenerThatFailsKeepsNobodyFromTheOthers() throws Exception {
        IllegalStateException failure = new IllegalStateException("a bug");
        Path other = Files.writeString(folder.resolve("a"), "one");
        watch.watch(other, path -> {
            throw failure;
        });
        Files.writeString(other, "three");
        Files.writeString(file, "three");
        tells("three");
        assertEquals(List.of(failure), unexpected);
        unexpected.clear();
    }

    private static boolean isRunning() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals("sluice-files"));
    }

    @Test
    @Timeout(20)
    void oneThreadForAllFilesWhileItIsOpen() throws Exception {
        watch.close();
        assertFalse(isRunning());
        CountDownLatch changes = new CountDownLatch(2);
        try (FileWatch quick = new FileWatch(unexpected::add, Duration.ofMillis(20))) {
            assertFalse(isRunning());
            for (int i = 0; i < 2; i++) {
                Path other = Files.writeString(folder.resolve("file" + i), "one");
                quick.watch(other, path -> changes.countDown());
                Files.writeString(other, "three");
            }
            assertTrue(changes.await(10, TimeUnit.SECONDS));
            assertEquals(
                    1,
                    Thread.getAllStackTraces().keySet().stream()
                            .filter(thread -> thread.getName().equals("sluice-files") && thread.isDaemon())
                            .count());
        }
        assertFalse(isRunning());
        assertThrows(IllegalStateException.class, () -> watch(file));
    }
}
