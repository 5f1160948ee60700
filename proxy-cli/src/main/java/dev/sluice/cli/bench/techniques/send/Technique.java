package dev.sluice.cli.bench.techniques.send;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One row of the table.
 *
 * @param kind where from, where to
 * @param textbook what is claimed of it, null where the textbooks are silent
 * @param javaSocket whether it sends through a channel of the JDK
 * @param relay whether the file arrives on another socket
 * @param notes what has to be said for the figures to be understood
 */
public record Technique(
        String name,
        String kind,
        @Nullable Textbook textbook,
        boolean javaSocket,
        boolean relay,
        List<String> notes,
        Sender.Factory factory) {

    /**
     * What is taught of one technique, for one chunk.
     *
     * @param crossings between user and kernel mode, which the textbooks call context switches
     * @param cpuCopies by the CPU, of the sender's side
     * @param dmaCopies by the disk's and the network card's controllers
     */
    public record Textbook(int crossings, String cpuCopies, int dmaCopies) {}
}
