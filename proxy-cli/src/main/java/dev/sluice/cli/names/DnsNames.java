package dev.sluice.cli.names;

import dev.sluice.cli.names.DnsLookup.Outcome;
import dev.sluice.cli.names.LookupException.Reason;
import dev.sluice.proxy.config.ResolveSettings;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/** One call's questions to DNS, and what their outcomes make together. The first class that needs dnsjava. */
final class DnsNames {
    private static final Comparator<Services.Service> BY_PRIORITY = Comparator.comparingInt(Services.Service::priority)
            .thenComparing(Services.Service::target)
            .thenComparingInt(Services.Service::port)
            .thenComparingInt(Services.Service::weight);

    private static final HostOutcome NOWHERE = failed(Reason.NO_RECORDS, "the root is no server");

    private final DnsLookup lookup;
    private final ResolveSettings settings;
    private final LocalNames local;
    private final AddressOrder order;
    private final Deadline deadline;

    DnsNames(ResolvConf conf, ResolveSettings settings, LocalNames local, AddressOrder order, Deadline deadline) {
        this.lookup = new DnsLookup(new Exchange(conf.servers(), settings.timeout(), settings.tries()));
        this.settings = settings;
        this.local = local;
        this.order = order;
        this.deadline = deadline;
    }

    /** The addresses of the first of some whole names that has any. */
    Answer hosts(List<String> candidates) throws LookupException, InterruptedException {
        Absences absences = new Absences();
        for (String candidate : candidates) {
            Name name = name(candidate);
            HostOutcome host = HostOutcome.of(name, lookup.look(HostOutcome.questions(name), deadline));
            Outcome.Failed failed = host.failed();
            if (failed == null || !host.addresses().isEmpty()) {
                return new Answer(order.sort(host.addresses()), goodFor(host.ttl()), failureOrNull(failed));
            }
            absences.addOrThrow(failed);
        }
        throw absences.of(candidates);
    }

    /** The servers of the first of some whole names that has any. */
    Services services(List<String> candidates) throws LookupException, InterruptedException {
        Absences absences = new Absences();
        for (String candidate : candidates) {
            Question question = new Question(name(candidate), Type.SRV);
            switch (lookup.look(List.of(question), deadline).get(question)) {
                case Outcome.Found found -> {
                    return services(candidate, found);
                }
                case Outcome.Failed failed -> absences.addOrThrow(failed);
                case null -> throw new IllegalStateException("no outcome for " + question);
            }
        }
        throw absences.of(candidates);
    }

    private Services services(String name, Outcome.Found found) throws LookupException, InterruptedException {
        List<SRVRecord> records =
                found.records().stream().map(SRVRecord.class::cast).toList();
        if (records.stream().allMatch(record -> record.getTarget().equals(Name.root))) {
            throw new LookupException(
                    Reason.NO_RECORDS,
                    goodFor(found.ttl()),
                    Exchange.text(found.server()) + " says that there is no service " + name
                            + " (its target is the root, RFC 2782)");
        }
        Map<Name, HostOutcome> hosts = targets(records, found.message());
        List<Services.Service> services = new ArrayList<>();
        long ttl = found.ttl();
        for (SRVRecord record : records) {
            HostOutcome host = hosts.getOrDefault(record.getTarget(), NOWHERE);
            services.add(service(record, host));
            ttl = host.addresses().isEmpty() ? ttl : Math.min(ttl, host.ttl());
        }
        if (services.stream().allMatch(service -> service.addresses().isEmpty())) {
            throw noTarget(name, services);
        }
        services.sort(BY_PRIORITY);
        return new Services(services, goodFor(ttl));
    }

    private static HostOutcome failed(Reason reason, String message) {
        return new HostOutcome(List.of(), 0, new Outcome.Failed(reason, OptionalLong.empty(), message));
    }

    private Services.Service service(SRVRecord record, HostOutcome host) throws InterruptedException {
        String target = record.getTarget().toString(true);
        HostOutcome reachable = record.getPort() == 0
                ? failed(Reason.NO_RECORDS, "nothing can be reached on port 0 of " + target)
                : host;
        return new Services.Service(
                record.getPriority(),
                record.getWeight(),
                record.getPort(),
                target,
                order.sort(reachable.addresses()),
                failureOrNull(reachable.failed()));
    }

    /** What became of each target but the root: from /etc/hosts, from what the server sent along, or by asking. */
    private Map<Name, HostOutcome> targets(List<SRVRecord> records, Message message) throws InterruptedException {
        Map<Name, HostOutcome> hosts = new LinkedHashMap<>();
        List<Question> questions = new ArrayList<>();
        List<Name> asked = new ArrayList<>();
        for (SRVRecord record : records) {
            Name target = record.getTarget();
            if (hosts.containsKey(target) || asked.contains(target) || target.equals(Name.root)) {
                continue;
            }
            HostOutcome known = known(target, message);
            if (known == null) {
                asked.add(target);
                questions.addAll(HostOutcome.questions(target));
            } else {
                hosts.put(target, known);
            }
        }
        Map<Question, Outcome> outcomes = lookup.look(questions, deadline);
        asked.forEach(target -> hosts.put(target, HostOutcome.of(target, outcomes)));
        return hosts;
    }

    /**
     * What is known of a target without asking. Addresses of one family that come along are taken for all there are: a server that
     * sends some sends what it has.
     */
    private @Nullable HostOutcome known(Name target, Message message) throws InterruptedException {
        String host = target.toString(true);
        List<InetAddress> here = local.addresses(host);
        if (here != null) {
            return new HostOutcome(here, LocalNames.GOOD_FOR.toSeconds(), null);
        }
        String wrong = HostNames.wrong(host);
        if (wrong != null) {
            return failed(Reason.NO_SUCH_NAME, "the target " + host + " " + wrong);
        }
        List<Record> along = message.getSection(Section.ADDITIONAL).stream()
                .filter(record -> record.getName().equals(target))
                .filter(record -> record.getType() == Type.A || record.getType() == Type.AAAA)
                .toList();
        List<InetAddress> addresses = HostOutcome.usable(along);
        return addresses.isEmpty()
                ? null
                : new HostOutcome(
                        addresses, along.stream().mapToLong(Finding::ttl).min().orElse(0), null);
    }

    private LookupException noTarget(String name, List<Services.Service> services) {
        LookupException worst = null;
        for (Services.Service service : services) {
            LookupException problem = service.problem();
            if (worst == null || (problem != null && !problem.absent() && worst.absent())) {
                worst = problem;
            }
        }
        boolean absent = worst == null || worst.absent();
        return new LookupException(
                absent ? Reason.NO_RECORDS : Reason.NO_ANSWER,
                worst == null ? settings.min() : worst.askAgain(),
                "no server of " + name + " has an address: " + (worst == null ? "" : worst.getMessage()));
    }

    /** What servers have said that there is not, over the names of a search list. */
    private final class Absences {
        private Outcome.@Nullable Failed closest;
        private long ttl = Long.MAX_VALUE;

        /** Silence ends a search: a name further down the list may be somebody else's. */
        void addOrThrow(Outcome.Failed failed) throws LookupException {
            if (!failed.absent()) {
                throw failure(failed);
            }
            ttl = Math.min(ttl, failed.ttl().orElse(0));
            Outcome.Failed before = closest;
            if (before == null || (before.reason() == Reason.NO_SUCH_NAME && failed.reason() == Reason.NO_RECORDS)) {
                closest = failed;
            }
        }

        LookupException of(List<String> candidates) {
            Outcome.Failed best = closest;
            if (best == null) {
                throw new IllegalStateException("no name to ask for");
            }
            String all = candidates.size() > 1 ? " (asked for " + String.join(", ", candidates) + ")" : "";
            return new LookupException(best.reason(), goodFor(ttl), best.message() + all);
        }
    }

    private @Nullable LookupException failureOrNull(Outcome.@Nullable Failed failed) {
        return failed == null ? null : failure(failed);
    }

    private LookupException failure(Outcome.Failed failed) {
        return new LookupException(failed.reason(), goodFor(failed.ttl().orElse(0)), failed.message());
    }

    private Duration goodFor(long seconds) {
        return settings.within(Duration.ofSeconds(seconds));
    }

    private static Name name(String whole) {
        try {
            return Name.fromString(whole, Name.root);
        } catch (TextParseException e) {
            throw new IllegalArgumentException("checked before: " + whole, e);
        }
    }
}
