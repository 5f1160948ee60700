package dev.sluice.cli.names;

import dev.sluice.cli.names.DnsLookup.Outcome;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/**
 * What the two questions for a host's addresses have brought.
 *
 * @param addresses IPv4 before IPv6, in the server's order; maybe none
 * @param ttl the smallest on the way to them, in seconds
 * @param failed why there are none, or why one family was not told
 */
record HostOutcome(List<InetAddress> addresses, long ttl, Outcome.@Nullable Failed failed) {

    static List<Question> questions(Name host) {
        return List.of(new Question(host, Type.A), new Question(host, Type.AAAA));
    }

    /** From the outcomes of its {@link #questions}. */
    static HostOutcome of(Name host, Map<Question, Outcome> outcomes) {
        List<Record> records = new ArrayList<>();
        List<Outcome.Failed> failures = new ArrayList<>();
        long ttl = Long.MAX_VALUE;
        for (Question question : questions(host)) {
            switch (outcomes.get(question)) {
                case Outcome.Found found -> {
                    records.addAll(found.records());
                    ttl = Math.min(ttl, found.ttl());
                }
                case Outcome.Failed failed -> failures.add(failed);
                case null -> throw new IllegalStateException("no outcome for " + question);
            }
        }
        List<InetAddress> addresses = usable(records);
        if (!addresses.isEmpty()) {
            return new HostOutcome(
                    addresses,
                    ttl,
                    failures.stream()
                            .filter(failed -> !failed.absent())
                            .findFirst()
                            .orElse(null));
        }
        return new HostOutcome(
                List.of(), 0, failures.stream().min(HostOutcome::tellsMore).orElseGet(() -> useless(host)));
    }

    /**
     * Silence about one family leaves open whether there is an address; also where the other one's answer was that the name does
     * not exist, which some servers say of a name that has no IPv6 address only.
     */
    private static int tellsMore(Outcome.Failed a, Outcome.Failed b) {
        return Integer.compare(weight(a), weight(b));
    }

    private static int weight(Outcome.Failed failed) {
        return switch (failed.reason()) {
            case NO_ANSWER -> 0;
            case NO_SUCH_NAME -> 1;
            case NO_RECORDS -> 2;
        };
    }

    private static Outcome.Failed useless(Name host) {
        return new Outcome.Failed(
                LookupException.Reason.NO_RECORDS,
                OptionalLong.empty(),
                host.toString(true) + " has only addresses that nothing can be reached at, such as 0.0.0.0");
    }

    /**
     * The addresses in some records. Without 0.0.0.0 and ::, which servers give for what they block and which would lead back to
     * this machine, and without multicast.
     */
    static List<InetAddress> usable(List<Record> records) {
        Set<InetAddress> addresses = new LinkedHashSet<>();
        for (Record record : records) {
            InetAddress named = switch (record) {
                case ARecord four -> four.getAddress();
                case AAAARecord six -> six.getAddress();
                default -> null;
            };
            if (named != null && !named.isAnyLocalAddress() && !named.isMulticastAddress()) {
                addresses.add(withoutName(named));
            }
        }
        return List.copyOf(addresses);
    }

    private static InetAddress withoutName(InetAddress address) {
        try {
            return InetAddress.getByAddress(address.getAddress());
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // it has four or sixteen bytes
        }
    }
}
