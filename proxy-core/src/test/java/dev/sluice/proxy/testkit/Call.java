package dev.sluice.proxy.testkit;

/** The calls of a {@link dev.sluice.linux.Kernel} that a {@link Script} counts and answers; splices are told apart by their direction. */
public enum Call {
    EPOLL_CREATE,
    EPOLL_CTL,
    EPOLL_WAIT,
    EVENTFD,
    PIPE,
    SET_PIPE_SIZE,
    GET_PIPE_SIZE,
    SPLICE_IN,
    SPLICE_OUT,
    READ,
    WRITE,
    SOCKET,
    BIND,
    LISTEN,
    ACCEPT,
    CONNECT,
    GETSOCKOPT,
    SETSOCKOPT,
    SET_LINGER,
    GETSOCKNAME,
    GETPEERNAME,
    SHUTDOWN,
    RECV,
    SEND,
    BYTES_READABLE,
    BYTES_UNSENT,
    TCP_INFO,
    CLOSE
}
