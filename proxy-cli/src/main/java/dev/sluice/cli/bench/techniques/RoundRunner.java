package dev.sluice.cli.bench.techniques;

import dev.sluice.cli.bench.lab.Pinning;
import dev.sluice.cli.bench.techniques.send.Content;
import dev.sluice.cli.bench.techniques.send.Lane;
import dev.sluice.cli.bench.techniques.send.Sender;
import dev.sluice.cli.bench.techniques.send.SourceFile;
import dev.sluice.cli.bench.techniques.send.Tally;
import dev.sluice.cli.bench.techniques.send.Technique;
import dev.sluice.cli.bench.techniques.send.Unavailable;
import dev.sluice.cli.common.CommandFailure;
import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.linux.FileCalls;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.ResourceUsage;
import dev.sluice.linux.SockaddrBuffer;
import dev.sluice.linux.Sockets;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Runs rounds with three threads: one sends, one receives, and one feeds a sender that relays; the loopback connections between
 * them are new in every round.
 */
final class RoundRunner implements AutoCloseable {
    private static final int MSG_TRUNC = 0x20; // tcp(7): the bytes are dropped instead of copied
    private static final int RECEIVE = 1 << 20;
    private static final long SLOWEST = 5L << 20; // bytes a second; slower than this is stuck
    private static final long PATIENCE_SECONDS = 30;

    private final SourceFile file;
    private final Content content;
    private final int chunk;
    private final Actor senderThread;
    private final Actor receiver;
    private final Actor feeder;
    private final Door sink;
    private final Door source;

    /** A listening socket of loopback. */
    private record Door(int fd, int port) {}

    private record Sent(long startedAt, ResourceUsage used, Tally tally) {}

    private record Received(long bytes, long endedAt, String digest) {}

    RoundRunner(SourceFile file, Content content, int chunk, Pinning pinning) {
        this.file = file;
        this.content = content;
        this.chunk = chunk;
        this.senderThread = new Actor("sluice-sender", pinning.subject());
        this.receiver = new Actor("sluice-receiver", pinning.client());
        this.feeder = new Actor("sluice-feeder", pinning.client());
        this.sink = await(receiver.submit((kernel, files) -> listen(kernel)), "listening");
        this.source = await(feeder.submit((kernel, files) -> listen(kernel)), "listening");
    }

    /** Gets a technique ready, on the sending thread. */
    Sender open(Technique technique) throws Unavailable {
        Future<Sender> opened =
                senderThread.submit((kernel, files) -> technique.factory().open(new Lane(kernel, files, file, chunk)));
        return awaitTechnique(opened, technique.name());
    }

    void close(Sender sender) {
        await(
                senderThread.submit((kernel, files) -> {
                    sender.close();
                    return true;
                }),
                "closing");
    }

    /**
     * One round.
     *
     * @param check receives for real and compares SHA-256, instead of dropping what arrives
     * @throws Unavailable when the kernel refuses, or the wrong bytes arrive
     */
    Round round(Technique technique, Sender sender, boolean check) throws Unavailable {
        CountDownLatch started = new CountDownLatch(1);
        Future<Received> received = receiver.submit((kernel, files) -> receive(kernel, check));
        Future<Boolean> fed = technique.relay() ? feeder.submit((kernel, files) -> feed(kernel, files, started)) : null;
        Future<Sent> sent = senderThread.submit((kernel, files) -> send(kernel, files, technique, sender, started));
        Sent cost = awaitTechnique(sent, technique.name());
        Received arrived = awaitTechnique(received, technique.name());
        if (fed != null) {
            awaitTechnique(fed, technique.name());
        }
        long length = sender.length(file);
        if (arrived.bytes() != length) {
            throw new Unavailable("broken here: " + arrived.bytes() + " of " + length + " bytes arrived");
        }
        if (check && !arrived.digest().equals(content.digest(length))) {
            throw new Unavailable("broken here: what arrived is not what was sent (SHA-256 differs)");
        }
        return new Round(length, arrived.endedAt() - cost.startedAt(), cost.used(), cost.tally());
    }

    /** Runs a task on the sending thread and tells what it cost. */
    Round alone(String name, long bytes, Actor.Task<Tally> task) throws Unavailable {
        return awaitTechnique(
                senderThread.submit((kernel, files) -> {
                    ResourceUsage before = files.threadUsage();
                    long start = System.nanoTime();
                    Tally tally = task.run(kernel, files);
                    long nanos = System.nanoTime() - start;
                    return new Round(bytes, nanos, files.threadUsage().since(before), tally);
                }),
                name);
    }

    private Sent send(Kernel kernel, FileCalls files, Technique technique, Sender sender, CountDownLatch started)
            throws IOException {
        int inlet = technique.relay() ? connect(kernel, source.port()) : -1;
        int socket = -1;
        try (SocketChannel channel = technique.javaSocket() ? open(sink.port()) : null) {
            socket = channel == null ? connect(kernel, sink.port()) : -1;
            Sender.Line line = new Sender.Line(socket, channel, inlet);
            Tally tally = new Tally();
            ResourceUsage before = files.threadUsage();
            long start = System.nanoTime();
            started.countDown();
            sender.send(line, tally);
            return new Sent(start, files.threadUsage().since(before), tally);
        } finally {
            started.countDown();
            if (socket >= 0) {
                kernel.close(socket);
            }
            if (inlet >= 0) {
                kernel.close(inlet);
            }
        }
    }

    private static SocketChannel open(int port) throws IOException {
        return SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    private static int connect(Kernel kernel, int port) {
        int fd = Errno.check(kernel.socket(Sockets.AF_INET, Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC, 0), "socket");
        SockaddrBuffer address = new SockaddrBuffer(kernel);
        address.set(new Address.V4(0x7f000001, port));
        int result = kernel.connect(fd, address);
        if (result < 0) {
            kernel.close(fd);
        }
        Errno.check(result, "connect");
        return fd;
    }

    private static Door listen(Kernel kernel) {
        int fd = Errno.check(kernel.socket(Sockets.AF_INET, Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC, 0), "socket");
        SockaddrBuffer address = new SockaddrBuffer(kernel);
        address.set(new Address.V4(0x7f000001, 0));
        Errno.check(kernel.bind(fd, address), "bind");
        Errno.check(kernel.listen(fd, 1), "listen");
        Errno.check(kernel.getsockname(fd, address), "getsockname");
        return new Door(fd, ((Address.V4) address.toAddress()).port());
    }

    private Received receive(Kernel kernel, boolean check) {
        int fd = Errno.check(kernel.accept4(sink.fd(), new SockaddrBuffer(kernel), Sockets.SOCK_CLOEXEC), "accept4");
        try {
            MemorySegment buffer = receiveBuffer(kernel);
            MessageDigest digest = check ? Content.sha256() : null;
            int flags = check ? 0 : MSG_TRUNC;
            long bytes = 0;
            long count = Errno.check(kernel.recv(fd, buffer, 0, RECEIVE, flags), "recv");
            while (count > 0) {
                bytes += count;
                if (digest != null) {
                    digest.update(buffer.asSlice(0, count).asByteBuffer());
                }
                count = Errno.check(kernel.recv(fd, buffer, 0, RECEIVE, flags), "recv");
            }
            return new Received(
                    bytes,
                    System.nanoTime(),
                    digest == null ? "" : HexFormat.of().formatHex(digest.digest()));
        } finally {
            kernel.close(fd);
        }
    }

    private @Nullable MemorySegment receiveMemory;

    /** The receiver's, made once. */
    private MemorySegment receiveBuffer(Kernel kernel) {
        MemorySegment memory = receiveMemory;
        if (memory == null) {
            memory = kernel.allocate(RECEIVE);
            receiveMemory = memory;
        }
        return memory;
    }

    /** Sends the file to the sender that relays it, by the cheapest way there is. */
    private boolean feed(Kernel kernel, FileCalls files, CountDownLatch started) throws InterruptedException {
        int fd = Errno.check(kernel.accept4(source.fd(), new SockaddrBuffer(kernel), Sockets.SOCK_CLOEXEC), "accept4");
        int in = files.open(file.path(), FileCalls.O_RDONLY | FileCalls.O_CLOEXEC, 0);
        try {
            started.await();
            for (long left = file.size(); left > 0; ) {
                left -= Errno.check(files.sendfile(fd, in, Math.min(left, RECEIVE)), "sendfile");
            }
            return true;
        } finally {
            kernel.close(in);
            kernel.close(fd);
        }
    }

    private <T> T awaitTechnique(Future<T> future, String name) throws Unavailable {
        try {
            return future.get(PATIENCE_SECONDS + file.size() / SLOWEST, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Unavailable unavailable) {
                throw unavailable;
            }
            if (e.getCause() instanceof KernelException || e.getCause() instanceof IOException) {
                throw new Unavailable("refused: " + e.getCause().getMessage());
            }
            throw new IllegalStateException(name, e.getCause());
        } catch (TimeoutException e) {
            throw new CommandFailure(
                    name + " is stuck: nothing came of it for " + (PATIENCE_SECONDS + file.size() / SLOWEST) + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted");
        }
    }

    private <T> T await(Future<T> future, String what) {
        try {
            return awaitTechnique(future, what);
        } catch (Unavailable e) {
            throw new CommandFailure(what + ": " + e.reason());
        }
    }

    @Override
    public void close() {
        await(receiver.submit((kernel, files) -> kernel.close(sink.fd())), "closing");
        await(feeder.submit((kernel, files) -> kernel.close(source.fd())), "closing");
        senderThread.close();
        receiver.close();
        feeder.close();
    }
}
