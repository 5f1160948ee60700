package dev.sluice.cli.names;

import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;

/** Questions and answers as bytes (RFC 1035, 4). */
final class Wire {
    /** What UDP may bring us, so that no packet on the way is cut in pieces (RFC 9715; EDNS, RFC 6891, tells it the server). */
    static final int UDP_PAYLOAD = 1232;

    private Wire() {}

    /** A packet that is no answer to what was asked; the message is the rest of a sentence about the server. */
    static final class NoAnswer extends Exception {
        private static final long serialVersionUID = 1;

        NoAnswer(String message) {
            super(message, null, false, false);
        }
    }

    /**
     * A recursive query.
     *
     * @param id 0 … 65535
     * @param edns whether to say how much we take; servers from before 1999 do not know it
     */
    static byte[] query(int id, Question question, boolean edns) {
        Message message = new Message(id);
        message.getHeader().setFlag(Flags.RD);
        message.addRecord(Record.newRecord(question.name(), question.type(), DClass.IN), Section.QUESTION);
        if (edns) {
            message.addRecord(new OPTRecord(UDP_PAYLOAD, 0, 0), Section.ADDITIONAL);
        }
        return message.toWire(Message.MAXLENGTH);
    }

    /** The id of a message, by which it finds its question; -1 for what is too short to be one, or no answer at all. */
    static int id(byte[] bytes, int length) {
        boolean answer = length >= Header.LENGTH && (bytes[2] & 0x80) != 0;
        return answer ? ((bytes[0] & 0xff) << 8) | (bytes[1] & 0xff) : -1;
    }

    /**
     * The answer in a packet whose id is right.
     *
     * @return null when it answers another question, as what is made up by somebody who guesses would
     * @throws NoAnswer when it is none
     */
    static @Nullable Message read(byte[] bytes, int length, Question question) throws NoAnswer {
        Message message;
        try {
            message = new Message(Arrays.copyOf(bytes, length));
        } catch (IOException | RuntimeException e) { // the library's parsers were not all written for liars
            throw new NoAnswer("sent a broken answer");
        }
        if (message.getHeader().getOpcode() != Opcode.QUERY) {
            throw new NoAnswer("sent a broken answer");
        }
        return repeats(question, message) ? message : null;
    }

    /** Whether it has our question in it; what failed may have none. */
    private static boolean repeats(Question question, Message message) {
        if (message.getSection(Section.QUESTION).isEmpty()) {
            return message.getRcode() != Rcode.NOERROR && message.getRcode() != Rcode.NXDOMAIN;
        }
        Record asked = message.getQuestion();
        return message.getSection(Section.QUESTION).size() == 1
                && asked.getName().equals(question.name())
                && asked.getType() == question.type()
                && asked.getDClass() == DClass.IN;
    }
}
