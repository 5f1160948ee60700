package dev.sluice.proxy.health;

import dev.sluice.linux.Address;
import dev.sluice.linux.Epoll;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.Sockets;
import dev.sluice.proxy.config.Bytes;
import dev.sluice.proxy.config.ProxyHeader;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.health.dialogue.Dialogue;
import dev.sluice.proxy.health.dialogue.Received;
import dev.sluice.proxy.health.dialogue.Reply;
import dev.sluice.proxy.health.dialogue.Reply.Done;
import dev.sluice.proxy.health.dialogue.Reply.Leave;
import dev.sluice.proxy.health.dialogue.Verdict;
import dev.sluice.proxy.loop.EventLoop;
import dev.sluice.proxy.loop.Handler;
import dev.sluice.proxy.loop.TcpOptions;
import dev.sluice.proxy.loop.Timer;
import dev.sluice.proxy.proxyprotocol.HeaderWriter;
import dev.sluice.proxy.stats.EndCause;
import dev.sluice.proxy.upstream.Sources;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * One connection that asks one endpoint once, with one deadline for all of it.
 *
 * <pre>
 *   CONNECTING ──connected──▶ TALKING ──verdict──▶ LEAVING ──the server has ended, too──▶ OVER
 *        └────────────────────────┴──verdict: refused, reset, too late, too much──────────▲
 * </pre>
 *
 * <p>The verdict is told as soon as there is one. After that the server may still say something, which is read and dropped: closing
 * before it is read would answer it with a reset, of which some servers complain in their logs.
 *
 * <p>A check that only connects never completes the connection: without its quick acknowledgement (TCP_QUICKACK, tcp(7)) the kernel
 * waits a moment before it answers the server's SYN-ACK, and the reset comes first. So the server's kernel has said that somebody
 * listens, and whoever listens never hears of it.
 */
final class Probe extends Timer implements Handler, Inquiry {
    /** Who wants to know. */
    interface Owner {
        /**
         * Once at most: not after {@link Inquiry#cancel}.
         *
         * @param nanos how long it took
         */
        void onVerdict(Verdict verdict, long nanos);

        /** Where it asks from: where sessions come from, for others may not be let in. */
        default Sources sources() {
            return Sources.NONE;
        }
    }

    private enum State {
        CONNECTING,
        TALKING,
        LEAVING,
        OVER
    }

    private static final int EVENTS = Epoll.IN | Epoll.OUT | Epoll.RDHUP | Epoll.ET;
    private static final int NONE = -1;
    /** So much is read and dropped after the verdict, bytes. */
    private static final int MAX_DROPPED = 64 << 10;

    private final ProbeContext context;
    private final Kernel kernel;
    private final EventLoop loop;
    private final Address address;
    private final Dialogue dialogue;
    private final ProxyHeader header;
    private final long timeoutNanos;
    private final Owner owner;
    private final Received heard;

    private State state = State.CONNECTING;
    private boolean claimed;
    private int slot = NONE;
    private int fd = NONE;
    private long startedAt;
    private byte[] saying = {};
    private int said;
    private int dropped;

    /**
     * @param address who is asked
     * @param header what is sent before anything of the dialogue
     * @param timeoutNanos for all of it, > 0
     */
    Probe(
            ProbeContext context,
            Address address,
            Dialogue dialogue,
            ProxyHeader header,
            long timeoutNanos,
            Owner owner) {
        this.context = context;
        this.kernel = context.kernel;
        this.loop = context.loop;
        this.address = address;
        this.dialogue = dialogue;
        this.header = header;
        this.timeoutNanos = timeoutNanos;
        this.owner = owner;
        this.heard = new Received(dialogue.limit(), dialogue.isConfidential());
    }

    @Override
    public void start() {
        startedAt = System.nanoTime();
        claimed = context.budget.claim(1);
        if (!claimed) {
            conclude(unable(Errno.EMFILE));
            return;
        }
        int opened = context.connect.open(address, TcpSettings.DEFAULTS, owner.sources());
        if (opened < 0) {
            conclude(refused(-opened));
            return;
        }
        fd = opened;
        if (address.family() != Sockets.AF_UNIX) {
            TcpOptions.noDelay(kernel, fd);
            if (dialogue.isSilent()) {
                kernel.setsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_QUICKACK, 0);
            }
        }
        slot = loop.attach(this);
        int result = context.connect.connect(fd, address);
        if (result == -Errno.EAGAIN) {
            conclude(Verdict.failed("its backlog is full (EAGAIN)"));
        } else if (result < 0 && result != -Errno.EINPROGRESS && result != -Errno.EINTR) {
            conclude(refused(-result));
        } else {
            int watched = loop.watch(slot, 0, fd, EVENTS);
            if (watched < 0) {
                conclude(unable(-watched));
                return;
            }
            loop.schedule(this, loop.now() + timeoutNanos);
            if (result == 0) {
                connected();
            }
        }
    }

    static Verdict unable(int errno) {
        return Verdict.none("not asked: " + Errno.describe(errno));
    }

    private static Verdict refused(int errno) {
        return EndCause.isShortage(errno) || errno == Errno.EADDRNOTAVAIL
                ? unable(errno)
                : Verdict.failed("cannot be connected to: " + Errno.describe(errno));
    }

    @Override
    public void cancel() {
        close();
    }

    boolean isOver() {
        return state == State.OVER;
    }

    @Override
    public void onEvents(int tag, int events) {
        if (state == State.CONNECTING) {
            if ((events & (Epoll.OUT | Epoll.ERR | Epoll.HUP)) == 0 || !isConnected(events)) {
                return;
            }
            connected();
        }
        if (state == State.TALKING && (events & Epoll.OUT) != 0) {
            say();
        }
        if ((events & (Epoll.IN | Epoll.RDHUP | Epoll.ERR | Epoll.HUP)) != 0) {
            listen();
        }
    }

    private boolean isConnected(int events) {
        // One that spoke before it broke was connected to.
        if ((events & (Epoll.ERR | Epoll.HUP)) != 0 && kernel.bytesReadable(fd) <= 0) {
            int error = kernel.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_ERROR);
            if (error != Errno.EPIPE) { // a reset behind a FIN
                conclude(refused(error > 0 ? error : Errno.ECONNRESET));
                return false;
            }
        }
        if (context.connect.isSelfConnect(fd, address)) {
            kernel.setLinger(fd, 0); // else the port would wait for itself
            conclude(refused(Errno.ECONNREFUSED));
            return false;
        }
        return true;
    }

    private void connected() {
        state = State.TALKING;
        if (header != ProxyHeader.NONE) {
            saying = HeaderWriter.own(header, context.connect.ownAddress(fd), address);
        }
        follow(dialogue.connected());
    }

    private void follow(Reply reply) {
        switch (reply) {
            case Reply.Wait _ -> say(); // a header is sent to a server that speaks first, too
            case Reply.Say say -> {
                add(say.bytes());
                say();
            }
            case Done done -> leave(done);
        }
    }

    /** To be sent behind what could not be sent yet. */
    private void add(Bytes bytes) {
        byte[] more = bytes.toArray();
        byte[] all = Arrays.copyOfRange(saying, said, saying.length + more.length);
        System.arraycopy(more, 0, all, saying.length - said, more.length);
        saying = all;
        said = 0;
    }

    /** Whatever cannot be sent now is sent when epoll says so. A refusal is told by the next read. */
    private void say() {
        while (said < saying.length) {
            int count = Math.min(saying.length - said, ProbeContext.BUFFER);
            MemorySegment.copy(saying, said, context.buffer, ValueLayout.JAVA_BYTE, 0, count);
            long sent = kernel.send(fd, context.buffer, 0, count, Sockets.MSG_NOSIGNAL);
            if (sent < 0 && sent != -Errno.EINTR) {
                return;
            }
            said += (int) Math.max(0, sent);
        }
    }

    private void listen() {
        while (state == State.TALKING || state == State.LEAVING) {
            boolean leaving = state == State.LEAVING;
            int most = leaving ? ProbeContext.BUFFER : Math.min(heard.room(), ProbeContext.BUFFER);
            long got = kernel.recv(fd, context.buffer, 0, most, 0);
            if (got == -Errno.EAGAIN) {
                return;
            }
            if (got == -Errno.EINTR) {
                continue;
            }
            if (leaving) {
                dropped += (int) Math.max(0, got);
                if (got <= 0 || dropped > MAX_DROPPED) {
                    close();
                }
            } else if (got < 0) {
                String when = heard.length() == 0 ? "" : " behind " + heard.quote();
                conclude(Verdict.failed(Errno.describe((int) -got) + when));
            } else if (got == 0) {
                leave(dialogue.ended(heard));
            } else {
                heard.add(context.buffer, (int) got);
                follow(dialogue.heard(heard));
                if (state == State.TALKING && heard.room() == 0) {
                    conclude(Verdict.failed("says too much, " + heard.length() + " bytes: " + heard.quote()));
                }
            }
        }
    }

    /** The dialogue is over. */
    private void leave(Done done) {
        long nanos = System.nanoTime() - startedAt;
        if (done.leave() == Leave.RESET) {
            if (address.family() != Sockets.AF_UNIX) {
                kernel.setLinger(fd, 0);
            }
            close();
        } else {
            state = State.LEAVING;
            add(done.farewell());
            say();
            if (done.leave() == Leave.FINISH) {
                kernel.shutdown(fd, Sockets.SHUT_WR);
            }
            // The end may have been heard already, and is not told twice: so it is looked for now.
            listen();
        }
        owner.onVerdict(done.verdict(), nanos);
    }

    /** There will be no more to the dialogue. */
    private void conclude(Verdict verdict) {
        long nanos = System.nanoTime() - startedAt;
        close();
        owner.onVerdict(verdict, nanos);
    }

    @Override
    protected void onTimer(long now) {
        switch (state) {
            case CONNECTING -> conclude(Verdict.failed("no connection within " + within(timeoutNanos)));
            case TALKING ->
                conclude(Verdict.failed(
                        heard.length() == 0
                                ? "no answer within " + within(timeoutNanos)
                                : "no whole answer within " + within(timeoutNanos) + ", but " + heard.quote()));
            case LEAVING, OVER -> close();
        }
    }

    static String within(long nanos) {
        long millis = nanos / 1_000_000;
        return millis % 1000 == 0 ? millis / 1000 + " s" : millis + " ms";
    }

    private void close() {
        if (state == State.OVER) {
            return;
        }
        state = State.OVER;
        loop.cancel(this);
        try {
            if (slot >= 0) {
                loop.detach(slot);
            }
            if (fd >= 0) {
                kernel.close(fd);
            }
        } finally {
            if (claimed) {
                context.budget.release(1);
            }
        }
    }

    @Override
    public void onStop() {
        close();
    }
}
