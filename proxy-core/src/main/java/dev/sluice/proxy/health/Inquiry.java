package dev.sluice.proxy.health;

/** One time of asking one endpoint. On control's thread. */
interface Inquiry {
    /** Begins. The verdict may be told before this returns. */
    void start();

    /** Ends without a verdict. */
    void cancel();
}
