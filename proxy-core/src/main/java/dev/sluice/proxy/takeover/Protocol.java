package dev.sluice.proxy.takeover;

import dev.sluice.proxy.takeover.TakeoverException.Reason;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** The bodies of the messages, as bytes and back. What they are for, and in which order they come, is said by the package. */
final class Protocol {
    /** The first one, which knows nothing of what was set by hand. */
    static final int OLDEST = 1;

    /** The one with {@link #BY_HAND}. */
    static final int VERSION = 2;

    static final int HELLO = 1;
    static final int OFFER = 2;
    static final int SOCKETS = 3;
    static final int CONFIRM = 4;
    static final int RELEASED = 5;
    static final int BY_HAND = 6;
    static final int REFUSAL = 255;

    /** Bytes of a body at most. */
    static final int MAX_BODY = 64 << 10;

    /** Sockets in one takeover at most: their numbers fit into one CONFIRM. */
    static final int MAX_SOCKETS = MAX_BODY / Integer.BYTES;

    /** Bytes of a text at most; a longer one is sent as none. */
    static final int MAX_TEXT = 1024;

    private static final byte[] MAGIC = "SLUICETO".getBytes(StandardCharsets.US_ASCII);

    private Protocol() {}

    /**
     * What is said of one socket.
     *
     * @param takeover whether it is the one that this conversation came through; else it is a listener's
     * @param key as {@link OfferedSocket#key}
     * @param file the identity of a unix socket's file, as text; else empty
     */
    record Item(boolean takeover, String key, String file) {}

    /** The versions that a successor understands. */
    record Hello(int oldest, int newest) {
        /** The newest that this process understands, too; 0 when there is none. */
        int inCommon() {
            int common = Math.min(newest, VERSION);
            return common >= Math.max(oldest, OLDEST) ? common : 0;
        }
    }

    /**
     * How much will come.
     *
     * @param byHand how many things that were set by hand; 0 in a version that does not know them
     */
    record Offer(int version, int sockets, int byHand) {}

    static byte[] hello(Hello hello) {
        return ByteBuffer.allocate(MAGIC.length + 2 * Short.BYTES)
                .put(MAGIC)
                .putShort((short) hello.oldest)
                .putShort((short) hello.newest)
                .array();
    }

    /** A later version may say more behind it. */
    static Hello hello(byte[] body) throws TakeoverException {
        return read(body, true, in -> {
            byte[] magic = new byte[MAGIC.length];
            in.get(magic);
            if (!Arrays.equals(MAGIC, magic)) {
                throw nonsense("no greeting of a successor");
            }
            return new Hello(in.getShort() & 0xffff, in.getShort() & 0xffff);
        });
    }

    static byte[] offer(Offer offer) {
        ByteBuffer out = ByteBuffer.allocate(Short.BYTES + 2 * Integer.BYTES)
                .putShort((short) offer.version)
                .putInt(offer.sockets);
        if (knowsByHand(offer.version)) {
            out.putInt(offer.byHand);
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    static Offer offer(byte[] body) throws TakeoverException {
        return read(body, false, in -> {
            int version = in.getShort() & 0xffff;
            if (version < OLDEST || version > VERSION) {
                throw nonsense("an offer of version " + version);
            }
            Offer offer = new Offer(version, in.getInt(), knowsByHand(version) ? in.getInt() : 0);
            if (offer.sockets < 0 || offer.sockets > MAX_SOCKETS || offer.byHand < 0) {
                throw nonsense(
                        "an offer of " + offer.sockets + " sockets, and " + offer.byHand + " things set by hand");
            }
            return offer;
        });
    }

    static boolean knowsByHand(int version) {
        return version > OLDEST;
    }

    /** As many as one message may have. */
    static byte[] byHand(List<ByHand> all) {
        ByteBuffer out = ByteBuffer.allocate(MAX_BODY).putShort((short) all.size());
        for (ByHand each : all) {
            put(out, each.upstream());
            put(out, each.endpoint());
            put(out, each.address());
            put(out, each.state());
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    /** Those that fit into one message whatever their texts are. */
    static int byHandAtOnce() {
        return (MAX_BODY - Short.BYTES) / (4 * (Short.BYTES + MAX_TEXT));
    }

    static List<ByHand> byHand(byte[] body) throws TakeoverException {
        return read(body, false, in -> {
            int count = in.getShort() & 0xffff;
            List<ByHand> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                all.add(new ByHand(text(in), text(in), text(in), text(in)));
            }
            return all;
        });
    }

    /** As many of the items as one message may have. */
    static byte[] sockets(List<Item> items) {
        ByteBuffer out = ByteBuffer.allocate(MAX_BODY).putShort((short) items.size());
        for (Item item : items) {
            out.put((byte) (item.takeover ? 1 : 0));
            put(out, item.key);
            put(out, item.file);
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    /** Items that fit into one message whatever their texts are: fewer than the descriptors that would. */
    static int itemsAtOnce() {
        return (MAX_BODY - Short.BYTES) / (1 + 2 * (Short.BYTES + MAX_TEXT));
    }

    static List<Item> sockets(byte[] body) throws TakeoverException {
        return read(body, false, in -> {
            int count = in.getShort() & 0xffff;
            List<Item> items = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                items.add(new Item(in.get() == 1, text(in), text(in)));
            }
            return items;
        });
    }

    /** Which sockets were taken, by their place in the offer. */
    static byte[] confirm(List<Integer> taken) {
        ByteBuffer out = ByteBuffer.allocate(taken.size() * Integer.BYTES);
        taken.forEach(out::putInt);
        return out.array();
    }

    static List<Integer> confirm(byte[] body, int offered) throws TakeoverException {
        return read(body, false, in -> {
            List<Integer> taken = new ArrayList<>();
            while (in.hasRemaining()) {
                int index = in.getInt();
                if (index < 0 || index >= offered) {
                    throw nonsense("a socket that was not offered: " + index);
                }
                taken.add(index);
            }
            return taken;
        });
    }

    static byte[] refusal(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return bytes.length <= MAX_TEXT ? bytes : Arrays.copyOf(bytes, MAX_TEXT);
    }

    /** Without control characters: it goes to a log. */
    static String refusalText(byte[] body) {
        int length = Math.min(body.length, MAX_TEXT);
        return new String(body, 0, length, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", " ");
    }

    static TakeoverException nonsense(String what) {
        return new TakeoverException(Reason.NONSENSE, "it sent " + what);
    }

    private static void put(ByteBuffer out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = bytes.length <= MAX_TEXT ? bytes.length : 0;
        out.putShort((short) length).put(bytes, 0, length);
    }

    private static String text(ByteBuffer in) {
        byte[] bytes = new byte[in.getShort() & 0xffff];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private interface Reader<T> {
        T of(ByteBuffer in) throws TakeoverException;
    }

    private static <T> T read(byte[] body, boolean more, Reader<T> reader) throws TakeoverException {
        ByteBuffer in = ByteBuffer.wrap(body);
        try {
            T value = Objects.requireNonNull(reader.of(in));
            if (in.hasRemaining() && !more) {
                throw nonsense("a message that is " + in.remaining() + " bytes too long");
            }
            return value;
        } catch (BufferUnderflowException e) {
            throw nonsense("a message that is too short");
        }
    }
}
