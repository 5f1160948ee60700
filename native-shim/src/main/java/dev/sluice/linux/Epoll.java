package dev.sluice.linux;

/** Constants of epoll_ctl(2), equal on x86-64 and aarch64. */
public final class Epoll {
    public static final int ADD = 1;
    public static final int DEL = 2;
    public static final int MOD = 3;

    /** Readable: bytes, end of stream, or a connection to accept. */
    public static final int IN = 0x001;
    /** Urgent data is waiting (tcp(7)). */
    public static final int PRI = 0x002;
    /** Writable. */
    public static final int OUT = 0x004;
    /** An error is pending; reported whether asked for or not. */
    public static final int ERR = 0x008;
    /** Both directions are shut; reported whether asked for or not. */
    public static final int HUP = 0x010;
    /** The peer has shut its writing side; bytes may still be unread. */
    public static final int RDHUP = 0x2000;
    /** Wake one of the epolls that watch the same descriptor, not all; with ADD only. */
    public static final int EXCLUSIVE = 1 << 28;
    /** Edge-triggered. */
    public static final int ET = 1 << 31;

    private Epoll() {}
}
