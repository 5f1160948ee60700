package dev.sluice.proxy.health.dialogue;

import dev.sluice.proxy.config.Bytes;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.health.dialogue.Reply.Done;
import dev.sluice.proxy.health.dialogue.Reply.Leave;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What pg_isready(1) does: a StartupMessage, and what the server says to that (PostgreSQL's documentation, "Frontend/Backend
 * Protocol"). It is alive when it asks for authentication, lets us in, or refuses with any error but 57P03, which it says while it
 * starts, recovers or shuts down.
 *
 * <p>A server that asks for a password is left without a word: it takes that for a client who has gone to ask for one, and logs nothing,
 * while a Terminate in that place would be an error. One that lets us in is told of the end.
 */
final class PostgresDialogue implements Dialogue {
    private static final int PROTOCOL_3 = 3 << 16;
    private static final String CANNOT_CONNECT_NOW = "57P03";
    private static final Bytes TERMINATE = Bytes.of((byte) 'X', (byte) 0, (byte) 0, (byte) 0, (byte) 4);
    /** No message that a server sends before it is ready is longer, bytes. */
    private static final int LONGEST = 30_000;
    /** All kinds of authentication have smaller numbers. */
    private static final int AUTHENTICATIONS = 100;

    private final HealthCheck.Postgres check;
    /** Where the message begins that is next. */
    private int place;

    private boolean letIn;

    PostgresDialogue(HealthCheck.Postgres check) {
        this.check = check;
    }

    @Override
    public Reply connected() {
        ByteArrayOutputStream parameters = new ByteArrayOutputStream();
        put(parameters, "user");
        put(parameters, check.user());
        if (check.database() != null) {
            put(parameters, "database");
            put(parameters, check.database());
        }
        put(parameters, "application_name");
        put(parameters, "sluice");
        parameters.write(0);
        int length = 2 * Integer.BYTES + parameters.size();
        ByteBuffer message = ByteBuffer.allocate(length);
        message.putInt(length).putInt(PROTOCOL_3).put(parameters.toByteArray());
        return new Reply.Say(Bytes.of(message.array()));
    }

    private static void put(ByteArrayOutputStream to, String text) {
        to.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        to.write(0);
    }

    @Override
    public Reply heard(Received heard) {
        while (heard.length() >= place + 1 + Integer.BYTES) {
            int type = heard.at(place);
            int length = heard.int32(place + 1);
            if ("RESNKZv".indexOf(type) < 0 || length < Integer.BYTES || length > LONGEST) {
                return Reply.done(Verdict.foreign(heard));
            }
            int body = place + 1 + Integer.BYTES;
            int end = place + 1 + length;
            if (heard.length() < end) {
                break;
            }
            place = end;
            Reply reply = message(heard, type, body, end);
            if (!(reply instanceof Reply.Wait)) {
                return reply;
            }
        }
        return heard.length() > 0 && "RESNKZv".indexOf(heard.at(0)) < 0
                ? Reply.done(Verdict.foreign(heard))
                : Reply.WAIT;
    }

    private Reply message(Received heard, int type, int body, int end) {
        return switch (type) {
            case 'R' -> authentication(heard, body, end);
            case 'E' -> Reply.done(refusal(heard, body, end));
            case 'Z' ->
                letIn
                        ? new Done(Verdict.alive("accepts connections"), TERMINATE, Leave.FINISH)
                        : Reply.done(Verdict.foreign(heard));
            default -> Reply.WAIT; // notices, parameters, the key for cancelling
        };
    }

    private Reply authentication(Received heard, int body, int end) {
        int kind = end - body < Integer.BYTES ? -1 : heard.int32(body);
        if (kind < 0 || kind > AUTHENTICATIONS) {
            return Reply.done(Verdict.foreign(heard));
        }
        if (kind == 0) {
            letIn = true; // and there is more to come: an end now would be logged as a lost connection
            return Reply.WAIT;
        }
        return Reply.done(Verdict.alive("asks for authentication"));
    }

    /** An ErrorResponse is a list of fields: a letter, a text, and a NUL each. */
    private static Verdict refusal(Received heard, int body, int end) {
        String state = "";
        String text = "";
        int field = body;
        while (field < end && heard.at(field) != 0) {
            int stop = heard.find(0, field + 1);
            if (stop < 0 || stop >= end) {
                break;
            }
            switch (heard.at(field)) {
                case 'C' -> state = heard.text(field + 1, stop);
                case 'M' -> text = heard.quote(field + 1, stop);
                default -> {} // severity, where in the source, and so on
            }
            field = stop + 1;
        }
        if (!state.matches("[0-9A-Z]{5}")) {
            return Verdict.foreign(heard);
        }
        String reason = "refuses with " + state + (text.isEmpty() ? "" : ", " + text);
        return state.equals(CANNOT_CONNECT_NOW) ? Verdict.failed(reason) : Verdict.alive(reason);
    }
}
