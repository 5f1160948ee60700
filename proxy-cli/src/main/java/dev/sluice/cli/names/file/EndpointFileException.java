package dev.sluice.cli.names.file;

import java.util.List;

/** A file that is not taken, since something is wrong with it. */
public final class EndpointFileException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient List<String> problems;

    private final boolean wasRead;

    /**
     * @param wasRead whether what is wrong is in the file
     */
    EndpointFileException(List<String> problems, boolean wasRead) {
        super(problems.getFirst() + (problems.size() > 1 ? " (and " + (problems.size() - 1) + " more)" : ""));
        this.problems = List.copyOf(problems);
        this.wasRead = wasRead;
    }

    /** Whether what is wrong is in the file; else it is not there, may not be read, or is just being written. */
    public boolean wasRead() {
        return wasRead;
    }

    /**
     * At least one line, each {@code FILE:LINE:COLUMN: what is wrong; what would be right}, or {@code FILE: …} when it is about the
     * file as a whole. Lines and columns count from 1. Without control characters.
     */
    public List<String> problems() {
        return problems;
    }
}
