package dev.sluice.cli.names;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.xbill.DNS.Message;

/** Questions to some servers: to one after the other until one answers, and the whole round again for those that were silent. */
final class Exchange {
    /** At once to one server: no more than its and our socket's buffer surely hold. */
    private static final int BATCH = 32;

    /** What has come of a question. */
    sealed interface Reply {
        /** A server's answer: records, or that there are none. */
        record Answered(InetSocketAddress server, Message message) implements Reply {}

        /**
         * None.
         *
         * @param why what each server did, a list of sentences without subjects but the servers
         */
        record Unanswered(String why) implements Reply {}
    }

    private final List<InetSocketAddress> servers;
    private final Duration timeout;
    private final int tries;

    /**
     * @param servers to ask, the first one first
     * @param timeout of one server, one time
     * @param tries how often each is asked, as long as it says nothing
     */
    Exchange(List<InetSocketAddress> servers, Duration timeout, int tries) {
        this.servers = servers;
        this.timeout = timeout;
        this.tries = tries;
    }

    /** A reply to each question, when the deadline has passed at the latest. */
    Map<Question, Reply> ask(Collection<Question> questions, Deadline deadline) throws InterruptedException {
        Map<Question, Reply> replies = new HashMap<>();
        List<Question> all = new ArrayList<>(new LinkedHashSet<>(questions));
        for (int from = 0; from < all.size(); from += BATCH) {
            new Batch(all.subList(from, Math.min(all.size(), from + BATCH)), deadline).run(replies);
        }
        return replies;
    }

    /** Questions that are asked together. */
    private final class Batch {
        private final Set<Question> open;
        private final Deadline deadline;

        /** What each server did with a question, the last time. */
        private final Map<Question, Map<InetSocketAddress, String>> complaints = new HashMap<>();

        /** Where there is no use in asking again. */
        private final Map<InetSocketAddress, Set<Question>> refused = new HashMap<>();

        Batch(List<Question> questions, Deadline deadline) {
            this.open = new LinkedHashSet<>(questions);
            this.deadline = deadline;
        }

        void run(Map<Question, Reply> replies) throws InterruptedException {
            for (int round = 0; round < tries; round++) {
                for (InetSocketAddress server : servers) {
                    List<Question> questions = new ArrayList<>(open);
                    questions.removeAll(refused.getOrDefault(server, Set.of()));
                    if (!questions.isEmpty() && !deadline.passed()) {
                        ask(server, questions, replies);
                    }
                }
            }
            for (Question question : open) {
                replies.put(question, new Reply.Unanswered(why(question)));
            }
        }

        private void ask(InetSocketAddress server, List<Question> questions, Map<Question, Reply> replies)
                throws InterruptedException {
            Attempt attempt = new Attempt(server, timeout, deadline);
            attempt.ask(questions);
            attempt.answers().forEach((question, message) -> {
                open.remove(question);
                replies.put(question, new Reply.Answered(server, message));
            });
            attempt.complaints()
                    .forEach((question, complaint) -> complaints
                            .computeIfAbsent(question, q -> new LinkedHashMap<>())
                            .put(server, complaint));
            attempt.refused()
                    .forEach(question -> refused.computeIfAbsent(server, s -> new LinkedHashSet<>())
                            .add(question));
        }

        private String why(Question question) {
            Map<InetSocketAddress, String> all = complaints.getOrDefault(question, Map.of());
            List<String> parts = new ArrayList<>();
            for (InetSocketAddress server : servers) {
                String complaint = all.get(server);
                if (complaint != null) {
                    parts.add(text(server) + " " + complaint);
                }
            }
            return parts.isEmpty() ? "there was no time left to ask" : String.join(", ", parts);
        }
    }

    /** A server for people. */
    static String text(InetSocketAddress server) {
        String address = server.getAddress().getHostAddress();
        return address.indexOf(':') >= 0 ? "[" + address + "]:" + server.getPort() : address + ":" + server.getPort();
    }
}
