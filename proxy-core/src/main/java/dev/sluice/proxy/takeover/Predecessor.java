package dev.sluice.proxy.takeover;

import dev.sluice.proxy.listen.ListenSocket;
import java.util.List;
import java.util.Set;

/** What a proxy does for its successor. Called on the thread of the {@link TakeoverServer}, one after the other. */
public interface Predecessor {
    /**
     * Its listening sockets. None is opened or closed from here on until {@link #cede} or {@link #keep}.
     *
     * @throws TakeoverException when it does not want to, with the reason for the successor
     */
    List<OfferedSocket> offer() throws TakeoverException;

    /** What was set by hand; after {@link #offer}, and nothing of it changes from there on until {@link #cede} or {@link #keep}. */
    List<ByHand> byHand() throws TakeoverException;

    /**
     * A successor accepts on all its loops: stops accepting, and returns when nothing is accepted any more on the sockets that it took.
     *
     * @throws TakeoverException when it does not want to after all; then it goes on as it was
     */
    void cede(Set<ListenSocket> taken) throws TakeoverException;

    /** Nothing came of it: goes on as it was. */
    void keep();

    /** All is done, and the socket for takeovers is the successor's. */
    void succeeded();

    /** Something an operator wants to know; one line. */
    void told(String line);

    /** Something an operator should know; one line. */
    void warned(String line);
}
