package dev.sluice.proxy.loop;

import dev.sluice.linux.Kernel;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.TcpSettings;
import java.time.Duration;

/**
 * Sets the options of tcp(7) on a socket. On a listening socket they are for the connections that it will accept, which inherit them:
 * that saves the calls for each. A kernel that refuses one (an old one, an exotic family) has its own default instead.
 */
public final class TcpOptions {
    private TcpOptions() {}

    /** Small segments go at once, whatever was not acknowledged yet. */
    public static void noDelay(Kernel kernel, int fd) {
        kernel.setsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY, 1);
    }

    /** What a new socket needs before it is connected. */
    public static void applyToNew(Kernel kernel, int fd, TcpSettings settings) {
        if (!settings.userTimeout().isZero()) {
            userTimeout(kernel, fd, settings.userTimeout());
        }
    }

    /** What a connection needs only once it has been silent for some time. */
    public static void keepAlive(Kernel kernel, int fd, TcpSettings settings) {
        TcpSettings.Keepalive keepalive = settings.keepalive();
        if (keepalive.enabled()) {
            kernel.setsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_KEEPALIVE, 1);
            kernel.setsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPIDLE, seconds(keepalive.idle()));
            kernel.setsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPINTVL, seconds(keepalive.interval()));
            kernel.setsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPCNT, keepalive.count());
        }
    }

    /** All, for a socket that may have had others before: what is off now is turned off, and what stays on is on all the while. */
    public static void apply(Kernel kernel, int fd, TcpSettings settings) {
        if (!settings.keepalive().enabled()) {
            kernel.setsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_KEEPALIVE, 0);
        }
        if (settings.userTimeout().isZero()) {
            userTimeout(kernel, fd, Duration.ZERO);
        }
        noDelay(kernel, fd);
        applyToNew(kernel, fd, settings);
        keepAlive(kernel, fd, settings);
    }

    private static void userTimeout(Kernel kernel, int fd, Duration timeout) {
        kernel.setsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_USER_TIMEOUT, (int) timeout.toMillis());
    }

    private static int seconds(Duration duration) {
        return (int) duration.toSeconds();
    }
}
