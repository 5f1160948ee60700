package dev.sluice.cli.bench.techniques.send;

import dev.sluice.cli.bench.techniques.send.Technique.Textbook;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The techniques that are measured, and words for the one that cannot be. */
public final class Catalogue {
    static final String FROM_FILE = "file -> socket";
    static final String FROM_MEMORY = "memory -> socket";
    static final String FROM_SOCKET = "socket -> socket";

    /** Of the notes; they hold for every row. */
    public static final List<String> GENERAL = List.of(
            "Crossings: two for each system call, into the kernel and back. The textbooks call them context switches; those are"
                    + " another thing, counted as waits (voluntary) and preempted (involuntary) of the sending thread.",
            "Of each byte, how often: copied by the CPU into or out of memory of the process; read from a disk by this thread;"
                    + " brought into a buffer of the process, copied out of its memory. A file in the page cache needs no disk,"
                    + " and loopback has no network card, so the textbooks' 2 DMA copies become 0.",
            "CPU is the sending thread's (getrusage(2)); how it divides into user and system is sampled by some kernels. On loopback it does the receiver's TCP work as well, the same for every"
                    + " row. The receiver drops what it gets (MSG_TRUNC), so its own copy is in no row.");

    public static final String FORK =
            "Pages shared by fork(2), copy-on-write: explained, not measured. Parent and child share every page"
                    + " until one of them writes to it. That passes memory from process to process; it moves nothing to a socket. A JVM"
                    + " cannot fork without exec either, so a row would be made up.";

    private static final Textbook READ_WRITE = new Textbook(4, "2", 2);
    private static final Textbook MAP_WRITE = new Textbook(4, "1", 2);
    private static final Textbook SENDFILE = new Textbook(2, "1; 0 with gather", 2);
    private static final Textbook SPLICE = new Textbook(2, "0", 2);

    private static final String SPLICE_IS_TWO =
            "splice(2) is taught as one call. It has to have a pipe on one side, so from file or"
                    + " socket to socket it takes two, 4 crossings.";
    private static final String MAPPED_ONCE =
            "The file is mapped once, not for every chunk as the textbooks have it: 2 crossings for each write(2) remain.";
    private static final String FAULTS =
            "The first touch of each stretch of a mapping is a page fault, a crossing that is no system call: see faults/MiB.";
    private static final String GATHER =
            "Linux's sendfile(2) hands on references to pages; a copy remains only for a network card"
                    + " that cannot gather. Loopback can.";
    private static final String SMALL_READS =
            "How much one call finds in a socket depends on who is faster: less than a chunk at times, so more calls.";

    private Catalogue() {}

    /** In the order of the table. */
    public static List<Technique> all() {
        return List.of(
                file("read + write", READ_WRITE, FileSenders.ReadWrite::cached),
                file("mmap + write", MAP_WRITE, FileSenders.MapWrite::new, MAPPED_ONCE, FAULTS),
                file("sendfile", SENDFILE, FileSenders.Sendfile::new, GATHER),
                file("splice through a pipe", SPLICE, FileSenders.Splice::new, SPLICE_IS_TWO),
                new Technique(
                        "FileChannel.transferTo",
                        FROM_FILE,
                        SENDFILE,
                        true,
                        false,
                        List.of(
                                GATHER,
                                "A call of transferTo is two of the kernel's: it asks for the file's size (fstat(2)) and then for"
                                        + " sendfile(2). JDK 25 does so; another one's may be counted wrongly here."),
                        FileSenders.TransferTo::new),
                file(
                        "O_DIRECT read + write",
                        null,
                        FileSenders.ReadWrite::direct,
                        "Past the page cache: every chunk comes from the disk, by DMA into the buffer, and is waited for. Not to"
                                + " be compared with rows whose file is in memory. A tmpfs has no disk: there the CPU copies."),
                file(
                        "mmap + MSG_ZEROCOPY",
                        null,
                        MemorySenders.ZeroCopySend::new,
                        FAULTS,
                        "The notices on the socket's error queue are waited for and counted as calls."),
                memory(
                        "vmsplice (gift)",
                        MemorySenders.Gift::new,
                        "Pages of the process, filled before the clock starts. SPLICE_F_GIFT allows the reader of the pipe to keep"
                                + " the page; a socket only refers to it. Nothing tells when it is done with it, so memory that is"
                                + " gifted must not be written again."),
                memory(
                        "DMA-BUF (udmabuf)",
                        MemorySenders.DmaBuf::open,
                        "A DMA-BUF can be mapped, not spliced or sent: write(2) out of the mapping copies. It saves a copy between"
                                + " devices that import it, and none to a socket."),
                new Technique(
                        "read + write",
                        FROM_SOCKET,
                        READ_WRITE,
                        false,
                        true,
                        List.of(SMALL_READS),
                        RelaySenders.Copy::new),
                new Technique(
                        "splice through a pipe",
                        FROM_SOCKET,
                        SPLICE,
                        false,
                        true,
                        List.of(SPLICE_IS_TWO, SMALL_READS),
                        RelaySenders.Splice::new));
    }

    private static Technique file(String name, @Nullable Textbook textbook, Sender.Factory factory, String... notes) {
        return new Technique(name, FROM_FILE, textbook, false, false, List.of(notes), factory);
    }

    private static Technique memory(String name, Sender.Factory factory, String... notes) {
        return new Technique(name, FROM_MEMORY, null, false, false, List.of(notes), factory);
    }
}
