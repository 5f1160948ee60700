package dev.sluice.cli.doctor;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.linux.Pipes;
import dev.sluice.linux.SockaddrBuffer;
import dev.sluice.linux.Sockets;
import dev.sluice.linux.UnsupportedPlatformException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Moves some MiB from a socket through a pipe to a socket, over loopback, and compares what went in with what came out. */
final class SpliceCheck {
    static final int BYTES = 8 << 20;
    private static final int CHUNK = 64 << 10;

    private SpliceCheck() {}

    /**
     * How it went.
     *
     * @param pipeSize bytes of the pipe as the kernel made it, 0 when it did not come to that
     * @param failure what went wrong, empty when nothing did
     */
    record Result(int pipeSize, String failure) {
        boolean passed() {
            return failure.isEmpty();
        }
    }

    /**
     * @param pipeSize bytes to ask for
     * @param most how long it may take; where splice is emulated badly it may not end by itself
     */
    static Result run(int pipeSize, Duration most) throws InterruptedException {
        CompletableFuture<Result> result = new CompletableFuture<>();
        Thread.ofPlatform().name("sluice-check").daemon().start(() -> result.complete(attempt(pipeSize)));
        try {
            return result.get(most.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return new Result(0, "not done after " + most.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private static Result attempt(int pipeSize) {
        try (ServerSocket source = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket sink = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Kernel kernel = LinuxKernel.open()) {
            CompletableFuture<byte[]> sent = CompletableFuture.supplyAsync(() -> send(source), SpliceCheck::start);
            CompletableFuture<byte[]> received = CompletableFuture.supplyAsync(() -> receive(sink), SpliceCheck::start);
            int got = relay(kernel, source.getLocalPort(), sink.getLocalPort(), pipeSize);
            boolean same = Arrays.equals(sent.get(), received.get());
            return new Result(got, same ? "" : "what came out is not what went in: SHA-256 differs");
        } catch (KernelException | UnsupportedPlatformException | IOException | ExecutionException e) {
            return new Result(0, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Result(0, "interrupted");
        }
    }

    private static void start(Runnable task) {
        Thread.ofPlatform().daemon().start(task);
    }

    /** Connects to both and moves bytes until the first has no more; the size of the pipe. */
    private static int relay(Kernel kernel, int sourcePort, int sinkPort, int pipeSize) {
        long pipe = Errno.check(kernel.pipe(), "pipe2");
        int from = -1;
        int to = -1;
        try {
            kernel.setPipeSize(Pipes.writeEnd(pipe), pipeSize);
            int size = Errno.check(kernel.getPipeSize(Pipes.writeEnd(pipe)), "fcntl(F_GETPIPE_SZ)");
            from = connect(kernel, sourcePort);
            to = connect(kernel, sinkPort);
            long in = Errno.check(kernel.splice(from, Pipes.writeEnd(pipe), size, Pipes.SPLICE_F_NONBLOCK), "splice");
            while (in > 0) {
                while (in > 0) {
                    in -= Errno.check(kernel.splice(Pipes.readEnd(pipe), to, in, Pipes.SPLICE_F_NONBLOCK), "splice");
                }
                in = Errno.check(kernel.splice(from, Pipes.writeEnd(pipe), size, Pipes.SPLICE_F_NONBLOCK), "splice");
            }
            return size;
        } finally {
            kernel.close(Pipes.readEnd(pipe));
            kernel.close(Pipes.writeEnd(pipe));
            if (from >= 0) {
                kernel.close(from);
            }
            if (to >= 0) {
                kernel.close(to);
            }
        }
    }

    /** A blocking socket: the check has nothing else to do than to wait for it. */
    private static int connect(Kernel kernel, int port) {
        int fd = Errno.check(kernel.socket(Sockets.AF_INET, Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC, 0), "socket");
        SockaddrBuffer address = new SockaddrBuffer(kernel);
        address.set(Address.of(InetAddress.getLoopbackAddress(), port));
        int result = kernel.connect(fd, address);
        if (result < 0) {
            kernel.close(fd);
        }
        Errno.check(result, "connect");
        return fd;
    }

    private static byte[] send(ServerSocket server) {
        try (Socket socket = server.accept();
                OutputStream out = socket.getOutputStream()) {
            MessageDigest digest = sha256();
            Random random = new Random(1);
            byte[] chunk = new byte[CHUNK];
            for (int i = 0; i < BYTES; i += CHUNK) {
                random.nextBytes(chunk);
                digest.update(chunk);
                out.write(chunk);
            }
            return digest.digest();
        } catch (IOException e) {
            throw new IllegalStateException("sending: " + e.getMessage(), e);
        }
    }

    private static byte[] receive(ServerSocket server) {
        try (Socket socket = server.accept();
                InputStream in = socket.getInputStream()) {
            MessageDigest digest = sha256();
            byte[] chunk = new byte[CHUNK];
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                digest.update(chunk, 0, count);
            }
            return digest.digest();
        } catch (IOException e) {
            throw new IllegalStateException("receiving: " + e.getMessage(), e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
