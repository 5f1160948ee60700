package dev.sluice.proxy.testkit;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Sockets;
import java.lang.foreign.ValueLayout;

/** A test's end of a session: sends one {@link Stream} and checks that what it receives is another. */
public final class Conn {
    private final Net net;
    public final int fd;
    private final Stream out;
    private final Stream in;

    public long sent;
    public long received;
    /** A FIN was sent. */
    public boolean finished;
    /** A clean end of stream was received. */
    public boolean ended;
    /** The errno that ended it otherwise, 0 for none. */
    public int broke;

    public boolean closed;

    public Conn(Net net, int fd, Stream out, Stream in) {
        this.net = net;
        this.fd = fd;
        this.out = out;
        this.in = in;
    }

    /** Bytes that the socket took of the stream, 0 when it is full or broken. */
    public long write(long most) {
        long length = Math.min(most, Net.BUFFER);
        out.fill(net.buffer, sent, length);
        long n = net.kernel.send(fd, net.buffer, 0, length, Sockets.MSG_NOSIGNAL);
        if (n < 0) {
            failed((int) -n);
            return 0;
        }
        sent += n;
        return n;
    }

    /** Sends a byte of urgent data, which is no part of the stream. */
    public void urgent() {
        net.buffer.set(ValueLayout.JAVA_BYTE, 0, (byte) '!');
        int flags = Sockets.MSG_OOB | Sockets.MSG_NOSIGNAL;
        Errno.check(net.kernel.send(fd, net.buffer, 0, 1, flags), "send");
    }

    /** Bytes received, 0 when there are none for now or never. */
    public long read(long most) {
        long n = net.kernel.recv(fd, net.buffer, 0, Math.min(most, Net.BUFFER), 0);
        if (n < 0) {
            failed((int) -n);
            return 0;
        }
        if (n == 0 && most > 0 && broke == 0) {
            ended = true; // once an error was told, the kernel answers nought, which is not a FIN
        }
        in.check(net.buffer, received, n);
        received += n;
        return n;
    }

    private void failed(int errno) {
        if (errno != Errno.EAGAIN && broke == 0) {
            broke = errno;
        }
    }

    /** Whether nothing more will be received. */
    public boolean isOver() {
        return ended || broke != 0;
    }

    /** What came before a write found the connection broken can still be read. */
    public void readRest() {
        while (read(Net.BUFFER) > 0) {
            // until there is no more
        }
    }

    public void finish() {
        if (!finished) {
            finished = true;
            int result = net.kernel.shutdown(fd, Sockets.SHUT_WR);
            if (result < 0) {
                failed(-result);
            }
        }
    }

    public void reset() {
        closed = true;
        net.reset(fd);
    }

    public void close() {
        closed = true;
        net.close(fd);
    }

    /** Before anything is received, so that the window stays as small. */
    public Conn receiveBuffer(int bytes) {
        net.kernel.setsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_RCVBUF, bytes);
        return this;
    }

    /** Bytes that the other side's kernel has not taken yet. */
    public int unsent() {
        return net.kernel.bytesUnsent(fd);
    }

    public Address name() {
        return net.nameOf(fd);
    }

    // Things to do, for Traffic

    /** Sends until {@code total} bytes were sent. */
    public Traffic.Task sending(long total) {
        return new Traffic.Task(this, Epoll.OUT) {
            @Override
            public boolean isDone() {
                return sent >= total || broke != 0;
            }

            @Override
            public boolean step() {
                return write(total - sent) > 0;
            }
        };
    }

    /** The same, and a FIN behind it. */
    public Traffic.Task sendingAll(long total) {
        return new Traffic.Task(this, Epoll.OUT) {
            @Override
            public boolean isDone() {
                return finished || broke != 0;
            }

            @Override
            public boolean step() {
                if (sent < total) {
                    return write(total - sent) > 0;
                }
                finish();
                return true;
            }
        };
    }

    /** Receives until {@code total} bytes were received. */
    public Traffic.Task receiving(long total) {
        return new Traffic.Task(this, Epoll.IN | Epoll.RDHUP) {
            @Override
            public boolean isDone() {
                return received >= total || isOver();
            }

            @Override
            public boolean step() {
                return read(total - received) > 0;
            }
        };
    }

    /** Receives to the end of the stream, whatever end it is. */
    public Traffic.Task receivingAll() {
        return new Traffic.Task(this, Epoll.IN | Epoll.RDHUP) {
            @Override
            public boolean isDone() {
                return isOver();
            }

            @Override
            public boolean step() {
                return read(Net.BUFFER) > 0;
            }
        };
    }

    @Override
    public String toString() {
        return "sent " + sent + (finished ? "." : "") + " received " + received + (ended ? "." : "")
                + (broke != 0 ? " " + Errno.name(broke) : "");
    }
}
