package dev.sluice.cli.admin.http;

import java.util.Set;

/** What there is to ask for. */
public interface Dispatcher {
    /** The methods that a path takes; none when there is no such path. */
    Set<String> methods(Request request);

    /** Answers a request whose method the path takes. Blocks, for seconds at most but for an order that takes longer. */
    Answer answer(Request request);
}
