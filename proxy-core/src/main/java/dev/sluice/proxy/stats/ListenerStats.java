package dev.sluice.proxy.stats;

import dev.sluice.linux.Errno;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is counted for each listener: a row for each loop, which that loop alone adds to, and anybody may read. It stays as long as the
 * proxy, whatever becomes of the listener.
 */
@SuppressWarnings("EnumOrdinal") // the ordinal is a column that never leaves this class
public final class ListenerStats {
    private static final int ACCEPTED = 0;
    private static final int UP = 1;
    private static final int DOWN = 3;
    /** Behind {@link #UP} and {@link #DOWN}: the bytes that stayed in the kernel, and those that were copied. */
    private static final int SPLICED = 0;

    private static final int COPIED = 1;
    /** Behind it, a column for each {@link Refusal}. */
    private static final int REFUSED = 5;

    /** Why accepting is paused: what accept(2) is short of, and a fault of this process; all else together. */
    private static final int[] PAUSE_ERRNOS = {Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM, Errno.EIO};

    private static final int PAUSES = REFUSED + Refusal.values().length;
    private static final int LIVE = PAUSES + PAUSE_ERRNOS.length + 1;
    private static final int COLUMNS = LIVE + 1;

    private final String name;
    private final LoopCells cells;
    private final Row[] rows;

    /**
     * All zero.
     *
     * @param name the listener's
     * @param loops how many loops count for themselves
     */
    public ListenerStats(String name, int loops) {
        this.name = name;
        this.cells = new LoopCells(loops, COLUMNS);
        this.rows = new Row[loops];
        for (int i = 0; i < loops; i++) {
            rows[i] = new Row(cells, i);
        }
    }

    public String name() {
        return name;
    }

    /** What a loop adds to. */
    public Row row(int loop) {
        return rows[loop];
    }

    /** Connections that were accepted and given to a loop. */
    public long accepted() {
        return cells.sum(ACCEPTED);
    }

    /** Connections that live, those on their way included. One that has followed its listener to another name counts there. */
    public long live() {
        return cells.sum(LIVE);
    }

    /** Connections that were turned away at once; they are among those that were accepted. */
    public long refused(Refusal why) {
        return cells.sum(REFUSED + why.ordinal());
    }

    /** How often a loop stopped accepting for a moment, by the name of the errno; {@code other} for any that has none of its own. */
    public Map<String, Long> pauses() {
        Map<String, Long> pauses = new LinkedHashMap<>();
        for (int i = 0; i <= PAUSE_ERRNOS.length; i++) {
            pauses.put(i < PAUSE_ERRNOS.length ? Errno.name(PAUSE_ERRNOS[i]) : "other", cells.sum(PAUSES + i));
        }
        return pauses;
    }

    /** Bytes given to upstream sockets, by live sessions too. */
    public long up(boolean spliced) {
        return cells.sum(UP + (spliced ? SPLICED : COPIED));
    }

    /** Bytes given to client sockets, by live sessions too. */
    public long down(boolean spliced) {
        return cells.sum(DOWN + (spliced ? SPLICED : COPIED));
    }

    /** One loop's share; on that loop's thread. */
    public static final class Row {
        private final LoopCells cells;
        private final int loop;

        private Row(LoopCells cells, int loop) {
            this.cells = cells;
            this.loop = loop;
        }

        /** One more connection was accepted. */
        public void accepted() {
            cells.add(loop, ACCEPTED, 1);
            came();
        }

        /** One lives here from now on: it was accepted, or has left another row. */
        public void came() {
            cells.add(loop, LIVE, 1);
        }

        /** One has ended, or goes by another row from now on. */
        public void left() {
            cells.add(loop, LIVE, -1);
        }

        /** One was turned away at once. */
        public void refused(Refusal why) {
            cells.add(loop, REFUSED + why.ordinal(), 1);
        }

        /** Accepting is paused. */
        public void paused(int errno) {
            int i = 0;
            while (i < PAUSE_ERRNOS.length && PAUSE_ERRNOS[i] != errno) {
                i++;
            }
            cells.add(loop, PAUSES + i, 1);
        }

        /**
         * Bytes were given to a socket.
         *
         * @param up whether it was the upstream's
         * @param spliced whether they had stayed in the kernel
         */
        public void moved(boolean up, boolean spliced, long bytes) {
            cells.add(loop, (up ? UP : DOWN) + (spliced ? SPLICED : COPIED), bytes);
        }
    }
}
