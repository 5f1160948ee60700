package dev.sluice.proxy.loop;

/** What is called for a slot of an {@link EventLoop}; on the loop's thread only. */
public interface Handler {
    /**
     * Descriptors watched under the slot are ready.
     *
     * @param tag which one, as given to {@link EventLoop#watch}
     * @param events mask of {@link dev.sluice.linux.Epoll} bits
     */
    void onEvents(int tag, int events);

    /** The turn that was asked for with {@link EventLoop#again}. */
    default void onTurn() {}

    /** The loop stops: end at once and give back every descriptor. */
    default void onStop() {}

    /** One of the other methods threw, which is a bug, or the loop dies: end at once, as far as that can be done. */
    default void onFault() {
        onStop();
    }
}
