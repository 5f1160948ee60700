package dev.sluice.linux;

/**
 * Where the fields of an epoll_event lie (epoll_wait(2)).
 *
 * <pre>
 * struct epoll_event {
 *     uint32_t     events;   // at 0
 *     epoll_data_t data;     // 64 bits: at 4 on x86-64, where the struct is packed; at 8 elsewhere
 * };
 * </pre>
 *
 * @param stride size of one event, bytes
 * @param dataOffset offset of {@code data}, bytes
 */
record EpollLayout(int stride, int dataOffset) {
    static final EpollLayout PACKED = new EpollLayout(12, 4);
    static final EpollLayout ALIGNED = new EpollLayout(16, 8);

    /** @param architecture as in the system property {@code os.arch} */
    static EpollLayout of(String architecture) {
        return architecture.equals("amd64") ? PACKED : ALIGNED;
    }

    static EpollLayout ofThisMachine() {
        return of(System.getProperty("os.arch", ""));
    }
}
