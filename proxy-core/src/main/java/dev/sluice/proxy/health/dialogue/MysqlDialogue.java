package dev.sluice.proxy.health.dialogue;

import dev.sluice.proxy.config.Bytes;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.health.dialogue.Reply.Done;
import dev.sluice.proxy.health.dialogue.Reply.Leave;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * Logs in as a user without a password and says good-bye (MySQL's documentation, "Client/Server Protocol", "Connection Phase"). A
 * connection that ends before the server has let somebody in or turned him away counts against the host, which is blocked after {@code
 * max_connect_errors} of them; so this one goes all the way. Who is turned away has shown that the server is alive.
 */
final class MysqlDialogue implements Dialogue {
    private static final int OK = 0x00;
    private static final int MORE = 0x01;
    private static final int PROTOCOL_10 = 0x0a;
    private static final int SWITCH = 0xfe;
    private static final int ERROR = 0xff;

    private static final int LONG_PASSWORD = 1;
    private static final int PROTOCOL_41 = 1 << 9;
    private static final int SECURE_CONNECTION = 1 << 15;
    private static final int PLUGIN_AUTH = 1 << 19;
    private static final int UTF8 = 33;
    private static final int LARGEST_PACKET = 1 << 24;

    private static final String PLUGIN = "mysql_native_password";
    /** Those that take one zero byte for no password; all others take nothing for it. */
    private static final Set<String> ZERO_ENDED = Set.of("caching_sha2_password", "sha256_password");

    /** Bytes of a packet before what is in it: three for its length, one for its number. */
    private static final int HEADER = 4;

    /** Of the greeting, from behind the server's version to each half of what it can. */
    private static final int LOW_ABILITIES = 13;

    private static final int HIGH_ABILITIES = 18;

    /** No packet of a login is longer, bytes. */
    private static final int LONGEST = 4096;
    /** How often a server may ask. */
    private static final int ROUNDS = 4;

    /** Errors with which a server that is alive turns a user away, besides those of SQLSTATE 28000. */
    private static final Set<Integer> TURNED_AWAY = Set.of(
            1251, // the user has a way to log in that needs more than this
            1862, // his password has expired
            3118, // his account is locked
            3159, // TLS is required of him
            4151); // MariaDB: his account is locked

    private static final Bytes QUIT = Bytes.of((byte) 1, (byte) 0, (byte) 0, (byte) 0, (byte) 1);

    private final String user;
    private int place;
    private boolean greeted;
    private int rounds;

    MysqlDialogue(HealthCheck.Mysql check) {
        user = check.user();
    }

    @Override
    public Reply connected() {
        return Reply.WAIT; // the server speaks first
    }

    @Override
    public Reply heard(Received heard) {
        while (heard.length() > place + HEADER) {
            int length = heard.u24(place);
            int body = place + HEADER;
            int end = body + length;
            if (length < 1 || length > LONGEST || (!greeted && heard.at(place + 3) != 0)) {
                return Reply.done(Verdict.foreign(heard));
            }
            if (heard.length() < end) {
                return Reply.WAIT;
            }
            int number = heard.at(place + 3);
            place = end;
            Reply reply = greeted ? answer(heard, number, body, end) : greeting(heard, body, end);
            if (!(reply instanceof Reply.Wait)) {
                return reply;
            }
        }
        return Reply.WAIT;
    }

    private Reply greeting(Received heard, int body, int end) {
        if (heard.at(body) == ERROR) {
            return Reply.done(error(heard, body, end));
        }
        int version = heard.find(0, body + 1);
        if (heard.at(body) != PROTOCOL_10 || version < 0 || version + 1 + HIGH_ABILITIES + 2 > end) {
            return Reply.done(Verdict.foreign(heard));
        }
        greeted = true;
        int abilities = heard.u16(version + 1 + LOW_ABILITIES) | heard.u16(version + 1 + HIGH_ABILITIES) << 16;
        return new Reply.Say(Bytes.of(login((abilities & PLUGIN_AUTH) != 0)));
    }

    /** HandshakeResponse41, with an empty answer to the challenge. */
    private byte[] login(boolean plugins) {
        byte[] name = user.getBytes(StandardCharsets.UTF_8);
        byte[] plugin = (plugins ? PLUGIN + "\0" : "").getBytes(StandardCharsets.US_ASCII);
        int abilities = LONG_PASSWORD | PROTOCOL_41 | SECURE_CONNECTION | (plugins ? PLUGIN_AUTH : 0);
        int length = 2 * Integer.BYTES + 1 + 23 + name.length + 1 + 1 + plugin.length;
        byte[] packet = new byte[HEADER + length];
        ByteBuffer into = begin(packet, 1).putInt(abilities).putInt(LARGEST_PACKET);
        into.put((byte) UTF8)
                .put(new byte[23])
                .put(name)
                .put((byte) 0)
                .put((byte) 0)
                .put(plugin);
        return packet;
    }

    private static ByteBuffer begin(byte[] packet, int number) {
        return ByteBuffer.wrap(packet).order(ByteOrder.LITTLE_ENDIAN).putInt(packet.length - HEADER | number << 24);
    }

    private Reply answer(Received heard, int number, int body, int end) {
        return switch (heard.at(body)) {
            case OK -> new Done(Verdict.alive("lets " + quoted() + " in"), QUIT, Leave.FINISH);
            case ERROR -> Reply.done(error(heard, body, end));
            case SWITCH -> again(number, heard.text(body + 1, end));
            case MORE ->
                end == body + 2 && heard.at(body + 1) == 3
                        ? Reply.WAIT // caching_sha2_password has it at hand
                        : again(number, "");
            default -> Reply.done(Verdict.foreign(heard));
        };
    }

    /** Another way to log in is asked for: with no password there, either. */
    private Reply again(int number, String request) {
        rounds++;
        if (rounds > ROUNDS) {
            return Reply.done(Verdict.failed("asks for ever how " + quoted() + " logs in"));
        }
        String plugin = request.split("\0", 2)[0];
        byte[] nothing = new byte[HEADER + (ZERO_ENDED.contains(plugin) ? 1 : 0)];
        begin(nothing, number + 1 & 0xff);
        return new Reply.Say(Bytes.of(nothing));
    }

    private String quoted() {
        return Received.quote(new String(user.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1), false);
    }

    /** ERR_Packet: a number, a # with an SQLSTATE unless it is too early for that, and a text. */
    private static Verdict error(Received heard, int body, int end) {
        if (end < body + 3) {
            return Verdict.foreign(heard);
        }
        int code = heard.u16(body + 1);
        int text = body + 3;
        String state = "";
        if (text + 6 <= end && heard.at(text) == '#') {
            state = heard.text(text + 1, text + 6);
            text += 6;
        }
        String reason = "refuses with " + code + ", " + heard.quote(text, end);
        return state.equals("28000") || TURNED_AWAY.contains(code) ? Verdict.alive(reason) : Verdict.failed(reason);
    }
}
