package dev.sluice.cli.names;

import dev.sluice.cli.text.Units;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * Some questions asked of one server, once: all of them at the same time over UDP, and over TCP what UDP cut short. The socket is
 * new and connected, so that the kernel lets in packets of this server to this port only; what comes with a wrong id or another
 * question is passed over as not the server's, and the right answer is waited for (RFC 5452, 9.1).
 */
final class Attempt {
    private static final int BUFFER = 4096;
    private static final int IDS = 1 << 16;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final InetSocketAddress server;
    private final Duration timeout;
    private final Deadline last;

    /** By the ids that they were sent with. */
    private final Map<Integer, Question> open = new HashMap<>();

    /** Asked without EDNS, since the server did not like it. */
    private final Set<Question> plain = new HashSet<>();

    private final List<Question> cutShort = new ArrayList<>();
    private final Map<Question, Message> answers = new LinkedHashMap<>();
    private final Map<Question, String> complaints = new LinkedHashMap<>();
    private final Set<Question> refused = new HashSet<>();
    private int strays;

    /**
     * @param timeout for all questions over UDP, and again for those over TCP
     * @param last when both must be over
     */
    Attempt(InetSocketAddress server, Duration timeout, Deadline last) {
        this.server = server;
        this.timeout = timeout;
        this.last = last;
    }

    /** What the server answered: the name's records, or that there are none. */
    Map<Question, Message> answers() {
        return answers;
    }

    /** Why there is no answer to the other questions, each as the rest of a sentence that begins with the server. */
    Map<Question, String> complaints() {
        return complaints;
    }

    /** Those of the complaints that are the server's last word: asking it again at once would be of no use. */
    Set<Question> refused() {
        return refused;
    }

    /** Asks, and returns when all is answered or the time is over. */
    void ask(Collection<Question> questions) throws InterruptedException {
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.connect(server);
            for (Question question : questions) {
                send(channel, question, true);
            }
            receive(channel);
        } catch (IOException e) {
            SocketFailures.checkInterrupt();
            String why = SocketFailures.text(e);
            for (Question question : questions) {
                if (!answers.containsKey(question) && !cutShort.contains(question)) {
                    complaints.putIfAbsent(question, why);
                }
            }
        }
        // A time of their own: another question's silence has used up the first one.
        Deadline deadline = last.orIn(timeout);
        for (Question question : cutShort) {
            askOverTcp(question, deadline);
        }
    }

    private void send(DatagramChannel channel, Question question, boolean edns) throws IOException {
        int id = RANDOM.nextInt(IDS);
        while (open.containsKey(id)) {
            id = RANDOM.nextInt(IDS);
        }
        open.put(id, question);
        channel.write(ByteBuffer.wrap(Wire.query(id, question, edns)));
    }

    private void receive(DatagramChannel channel) throws IOException {
        Deadline deadline = last.orIn(timeout);
        DatagramSocket socket = channel.socket();
        DatagramPacket packet = new DatagramPacket(new byte[BUFFER], BUFFER);
        while (!open.isEmpty()) {
            try {
                if (deadline.passed()) {
                    throw new SocketTimeoutException();
                }
                socket.setSoTimeout(deadline.millis());
                packet.setLength(BUFFER);
                socket.receive(packet);
            } catch (SocketTimeoutException e) {
                String why = strays == 0
                        ? "did not answer within " + within(deadline)
                        : "sent nothing within " + within(deadline)
                                + " but packets with a wrong id or another question";
                open.values().forEach(question -> complaints.put(question, why));
                return;
            }
            take(channel, packet);
        }
    }

    private void take(DatagramChannel channel, DatagramPacket packet) throws IOException {
        int id = Wire.id(packet.getData(), packet.getLength());
        Question question = open.get(id);
        if (question == null) {
            strays++;
            return;
        }
        try {
            Message message = Wire.read(packet.getData(), packet.getLength(), question);
            if (message == null) {
                strays++;
                return;
            }
            open.remove(id);
            if (message.getHeader().getFlag(Flags.TC)) {
                cutShort.add(question);
            } else if (dislikesEdns(message) && plain.add(question)) {
                send(channel, question, false);
            } else {
                settle(question, message);
            }
        } catch (Wire.NoAnswer e) {
            open.remove(id);
            complaints.put(question, String.valueOf(e.getMessage()));
        }
    }

    /** RFC 6891, 6.2.2 and 7: it does not know what the additional record is, or not this version of it. */
    private static boolean dislikesEdns(Message message) {
        int code = message.getRcode();
        return code == Rcode.FORMERR || code == Rcode.NOTIMP || code == Rcode.BADVERS;
    }

    private void askOverTcp(Question question, Deadline deadline) throws InterruptedException {
        try {
            settle(question, TcpQuery.ask(server, question, !plain.contains(question), deadline));
        } catch (Wire.NoAnswer e) {
            complaints.put(question, String.valueOf(e.getMessage()));
        } catch (SocketTimeoutException e) {
            complaints.put(
                    question, "cut its answer short over UDP, and did not answer over TCP within " + within(deadline));
        } catch (IOException e) {
            SocketFailures.checkInterrupt();
            complaints.put(question, "cut its answer short over UDP, and over TCP it " + SocketFailures.text(e));
        }
    }

    /** How long that was, for people. */
    private String within(Deadline deadline) {
        return deadline.equals(last) ? "the time that was left" : Units.format(timeout);
    }

    /** A whole answer: one to use, or a refusal in the form of one. */
    private void settle(Question question, Message message) {
        int code = message.getRcode();
        if (code != Rcode.NOERROR && code != Rcode.NXDOMAIN) {
            refuse(question, "said " + Rcode.string(code));
        } else if (isReferral(message)) {
            refuse(question, "only names other servers to ask: it does not look names up for us");
        } else {
            answers.put(question, message);
        }
    }

    private void refuse(Question question, String complaint) {
        complaints.put(question, complaint);
        refused.add(question);
    }

    /** Nothing but the servers of a zone (RFC 2308, 2.2): from a server that answers for its own zones only. */
    private static boolean isReferral(Message message) {
        return message.getRcode() == Rcode.NOERROR
                && message.getSection(Section.ANSWER).isEmpty()
                && !message.getHeader().getFlag(Flags.AA)
                && !message.getHeader().getFlag(Flags.RA)
                && message.getSection(Section.AUTHORITY).stream().anyMatch(record -> record.getType() == Type.NS)
                && message.getSection(Section.AUTHORITY).stream().noneMatch(record -> record.getType() == Type.SOA);
    }
}
