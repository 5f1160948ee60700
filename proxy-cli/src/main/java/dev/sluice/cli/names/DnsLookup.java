package dev.sluice.cli.names;

import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;

/** Questions followed to their end: along aliases of which a server says nothing more, with further questions. */
final class DnsLookup {
    /** Records of one answer: as many addresses of a name, or servers of a service, are taken for a mistake or an attack. */
    static final int MAX_RECORDS = 1024;

    /** What has come of a question in the end; TTLs are in seconds. */
    sealed interface Outcome {
        /**
         * Records.
         *
         * @param ttl the smallest on the way
         * @param server who said so
         * @param message the one with the records, since it may say more
         */
        record Found(List<Record> records, long ttl, InetSocketAddress server, Message message) implements Outcome {}

        /**
         * None.
         *
         * @param message one sentence
         */
        record Failed(LookupException.Reason reason, OptionalLong ttl, String message) implements Outcome {
            boolean absent() {
                return reason != LookupException.Reason.NO_ANSWER;
            }
        }
    }

    private final Exchange exchange;

    DnsLookup(Exchange exchange) {
        this.exchange = exchange;
    }

    /** An outcome for each question, when the deadline has passed at the latest. */
    Map<Question, Outcome> look(List<Question> questions, Deadline deadline) throws InterruptedException {
        Map<Question, Outcome> outcomes = new HashMap<>();
        Map<Question, Way> open = new LinkedHashMap<>();
        questions.forEach(question -> open.put(question, new Way(question)));
        while (!open.isEmpty()) {
            List<Question> next = open.values().stream().map(way -> way.now).toList();
            Map<Question, Exchange.Reply> replies = exchange.ask(next, deadline);
            open.entrySet().removeIf(entry -> {
                Way way = entry.getValue();
                Exchange.Reply reply = replies.get(way.now);
                Outcome outcome = reply == null ? null : way.go(reply);
                if (outcome != null) {
                    outcomes.put(entry.getKey(), outcome);
                }
                return outcome != null;
            });
        }
        return outcomes;
    }

    /** From a question along its aliases. */
    private static final class Way {
        private final Question asked;
        private final Set<Name> seen = new HashSet<>();
        private Question now;
        private int steps;
        private long ttl = Long.MAX_VALUE;

        Way(Question asked) {
            this.asked = asked;
            this.now = asked;
        }

        /** The end of the way, or null for one more question. */
        @Nullable
        Outcome go(Exchange.Reply reply) {
            return switch (reply) {
                case Exchange.Reply.Unanswered unanswered ->
                    noAnswer("no answer about the " + now.all() + " of " + who(now.name()) + ": " + unanswered.why());
                case Exchange.Reply.Answered answered -> go(answered.server(), answered.message());
            };
        }

        private @Nullable Outcome go(InetSocketAddress server, Message message) {
            String says = ", says " + Exchange.text(server);
            return switch (Finding.in(message, now)) {
                case Finding.Found found
                when found.records().size() > MAX_RECORDS ->
                    noAnswer(Exchange.text(server) + " claims that " + who(now.name()) + " has "
                            + found.records().size() + " records, more than the " + MAX_RECORDS + " that are taken");
                case Finding.Found found ->
                    new Outcome.Found(found.records(), Math.min(ttl, found.ttl()), server, message);
                case Finding.Absent absent ->
                    absent.exists()
                            ? new Outcome.Failed(
                                    LookupException.Reason.NO_RECORDS,
                                    absent.ttl(),
                                    who(absent.name()) + " has no " + now.one() + says)
                            : new Outcome.Failed(
                                    LookupException.Reason.NO_SUCH_NAME,
                                    absent.ttl(),
                                    who(absent.name()) + " does not exist" + says);
                case Finding.Endless endless -> endless(says);
                case Finding.Alias alias -> {
                    steps += alias.steps();
                    ttl = Math.min(ttl, alias.ttl());
                    if (!seen.add(now.name()) || steps > Finding.MAX_ALIASES) {
                        yield endless(says);
                    }
                    now = new Question(alias.target(), now.type());
                    yield null;
                }
            };
        }

        private Outcome endless(String says) {
            return noAnswer("the aliases of " + asked.host() + " have no end" + says);
        }

        private static Outcome noAnswer(String message) {
            return new Outcome.Failed(LookupException.Reason.NO_ANSWER, OptionalLong.empty(), message);
        }

        /** A name, and whose alias led to it. */
        private String who(Name name) {
            String text = name.toString(true);
            return name.equals(asked.name()) ? text : text + ", for which " + asked.host() + " stands,";
        }
    }
}
